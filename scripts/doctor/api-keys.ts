/** Looks at the API keys of an Elasticsearch of one's own: whether each program has one, and when it ends. */
import { existsSync } from "node:fs";
import { keySource } from "../../collectors/certificate-sources.ts";
import { describeEnd } from "../../collectors/certificates/expiry.ts";
import { lookAtCertificates } from "../../collectors/certificates/look.ts";
import { clientSettings } from "../../collectors/elasticsearch/connection.ts";
import type { Config } from "../../config/schema.ts";
import { keyTargets } from "../keys/programs.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, warning } from "./finding.ts";

const CHECK = "api-keys";
const DAY_MS = 86_400_000;

/** Nothing where the configuration names no file for a key, and where none of the keys ends. */
export async function lookAtApiKeys(
  config: Config,
  { nowMs, signal }: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<readonly Observation[]> {
  const targets = keyTargets(config);
  const missing = targets
    .filter(({ file }) => !existsSync(file))
    .map(({ program, file, setting }) =>
      warning(
        CHECK,
        `There is no API key of the ${program} in ${file} (${setting}).`,
        `lagline keys create ${program}`,
      ),
    );
  const sources = targets
    .filter(({ file }) => existsSync(file))
    .map(({ program, file }) => {
      const settings = clientSettings(config, program);
      return keySource({ ...settings, files: { ...settings.files, apiKeyFile: file } }, file, program);
    });
  const found = (await lookAtCertificates(sources, signal)).toSorted((a, b) => a.endsMs - b.endsMs);
  const limitMs = nowMs + config.collector.certificate_warning_days * DAY_MS;
  const ending = found
    .filter(({ endsMs }) => endsMs <= limitMs)
    .map((expiry) =>
      (expiry.endsMs <= nowMs ? broken : warning)(CHECK, `${describeEnd(expiry, nowMs)}.`, expiry.renewal),
    );
  const [first] = found;
  if (missing.length > 0 || ending.length > 0 || first === undefined) return [...missing, ...ending];
  return [ok(CHECK, `${describeEnd(first, nowMs)}; it is the first to end.`)];
}
