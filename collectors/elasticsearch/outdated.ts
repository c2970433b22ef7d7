/** Which certificates of Elasticsearch are over. The error of a refused handshake does not say it, so they are looked at again. */
import { describeEnd } from "../certificates/expiry.ts";
import { lookAtCertificates } from "../certificates/look.ts";
import type { ConnectionFiles } from "./credentials.ts";

/** A second handshake with servers that have just answered one. */
const DEADLINE_MS = 2000;

/** A sentence without its dot for each that has ended; none where that cannot be seen. */
export async function describeEnded(
  urls: readonly string[],
  { caFile, caFingerprint, serverName }: ConnectionFiles,
  stop?: AbortSignal,
): Promise<readonly string[]> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const found = await lookAtCertificates(
    urls.map((url) => ({
      kind: "server",
      url,
      renewal: "",
      ...(serverName === undefined ? {} : { serverName }),
      ...(caFile === undefined ? {} : { caFile }),
      ...(caFingerprint === undefined ? {} : { isPinned: true }),
    })),
    stop === undefined ? deadline : AbortSignal.any([deadline, stop]),
  );
  const nowMs = Date.now();
  return found.filter(({ endsMs }) => endsMs <= nowMs).map((expiry) => describeEnd(expiry, nowMs));
}
