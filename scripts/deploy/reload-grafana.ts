/** Tells a running Grafana to read its data source again: it takes a rotated password or authority only when told. */
import { readFileSync } from "node:fs";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";

const TIMEOUT_MS = 15_000;
const PATH = "/api/admin/provisioning/datasources/reload";
/** Staged secrets that are part of the data source. */
const DATA_SOURCE_SECRET = /^grafana-elasticsearch-/;

export type ReloadOptions = {
  /** Names of staged secrets that changed. */
  readonly changed: readonly string[];
  readonly signal: AbortSignal;
};

/**
 * Does nothing where Grafana is not Lagline's or none of its data source's secrets changed.
 * @returns true when Grafana has read them.
 * @throws LaglineError `LAGLINE_GRAFANA_RELOAD` with what to do instead.
 */
export async function reloadGrafana(config: Config, { changed, signal }: ReloadOptions): Promise<boolean> {
  const { managed } = config.grafana;
  if (managed === undefined || !changed.some((name) => DATA_SOURCE_SECRET.test(name))) return false;
  const password = readFileSync(managed.admin_password_file, "utf8").trim();
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
  const status = await post(`http://127.0.0.1:${managed.host_port}${PATH}`, authorization, signal);
  if (status === "200") return true;
  throw new LaglineError({
    code: "LAGLINE_GRAFANA_RELOAD",
    message: `Grafana did not read its data source again (${status}).`,
    hint: `\`docker restart lagline-${config.environment}-grafana\` has the same effect.`,
    retryable: true,
  });
}

/** The status, or why there is none. */
async function post(url: string, authorization: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization },
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return String(response.status);
  } catch {
    signal.throwIfAborted();
    return "no answer";
  }
}
