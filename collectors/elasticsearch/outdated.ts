/** Which certificates of Elasticsearch are over. The error of a refused handshake does not say it, so they are looked at again. */
import { withDeadline } from "../../model/deadline.ts";
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
  const servers = urls.map((url) => ({
    kind: "server" as const,
    url,
    renewal: "",
    ...(serverName === undefined ? {} : { serverName }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(caFingerprint === undefined ? {} : { isPinned: true }),
  }));
  const limits = { ms: DEADLINE_MS, signals: stop === undefined ? [] : [stop] };
  const found = await withDeadline(limits, async (signal) => lookAtCertificates(servers, signal));
  const nowMs = Date.now();
  return found.filter(({ endsMs }) => endsMs <= nowMs).map((expiry) => describeEnd(expiry, nowMs));
}
