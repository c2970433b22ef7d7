/** `lagline keys`: from a configuration and a person to a run as the administrator. */
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import type { Config } from "../../config/schema.ts";
import { deploymentDirectories } from "../deploy/directories.ts";
import { reloadGrafana } from "../deploy/reload-grafana.ts";
import { stageSecrets } from "../secrets/secrets.ts";
import type { AdministratorSources } from "./administrator.ts";
import { administratorSettings, findAdministrator, openWithKey, plainTransport } from "./administrator.ts";
import type { KeyRun } from "./issue.ts";

export type RunOptions = {
  readonly administrator: AdministratorSources;
  readonly signal: AbortSignal;
  readonly log: (sentence: string) => void;
};

/** @throws LaglineError when there is no administrator; what `use` throws. */
export async function asAdministrator(
  config: Config,
  { administrator, signal, log }: RunOptions,
  use: (run: KeyRun) => Promise<void>,
): Promise<void> {
  const settings = administratorSettings(config, await findAdministrator(administrator));
  const careful = plainTransport(settings.urls);
  if (careful !== undefined) log(careful);
  const http = await createElasticsearchHttp(settings);
  try {
    await use({
      environment: config.environment,
      http,
      openWithKey: (encoded) => openWithKey(config, encoded),
      host: hostname(),
      signal,
      log,
    });
  } finally {
    await http.close();
  }
}

/** Brings new keys to containers of this host, where there are any: their files are copies of these. */
export async function deliverKeys(
  config: Config,
  { signal, log }: Pick<RunOptions, "signal" | "log">,
): Promise<void> {
  const { secrets } = deploymentDirectories(config);
  if (!existsSync(secrets)) return;
  const changed = stageSecrets(config, secrets);
  if (changed.length === 0) return;
  log("Containers of this host have them; each takes its own when the older one is refused.");
  if (await reloadGrafana(config, { changed, signal })) log("Grafana has read its own.");
}
