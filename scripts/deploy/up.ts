/** `lagline up`: from a configuration to a running monitor with its first documents on screen. */
import { resolve } from "node:path";
import type { LoadedConfig } from "../../config/load.ts";
import { elasticsearchAccess } from "../../config/elasticsearch-access.ts";
import type { Config } from "../../config/schema.ts";
import { documentsIndex } from "../../config/documents-index.ts";
import { bootstrapHostServers, elasticsearchHostUrls } from "../../stacks/endpoints.ts";
import { readDeployed } from "../../stacks/deployed.ts";
import { hostName } from "../../stacks/deployment.ts";
import { keptVolumes } from "../../stacks/volumes.ts";
import { writeFiles } from "../../stacks/files/write.ts";
import type { Progress } from "../platform/progress.ts";
import { renderAll } from "../render.ts";
import { runCdktfStep } from "./deploy.ts";
import { diagnoseContainers } from "./diagnose.ts";
import { kafkaPreflight } from "./kafka-preflight.ts";
import { prepare } from "./prepare.ts";
import { reloadGrafana } from "./reload-grafana.ts";
import { waitForGroups } from "./wait-for-groups.ts";

export type UpOptions = {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly allowInstall: boolean;
  /** Command a person types to see or stop this deployment, for the closing words. */
  readonly configFlag: string;
  readonly print: (line: string) => void;
};

/** @throws LaglineError with the reason and the command to retry; what was done already stays. */
export async function bringUp(loaded: LoadedConfig, options: UpOptions): Promise<void> {
  const { config } = loaded;
  const { progress, signal, print } = options;
  const kept = keptVolumes({ config, deployed: readDeployed(config) });
  await kafkaPreflight(config, { log: (line) => progress.log(line) });
  const prepared = await prepare(config, options);
  await deploy(loaded, options);
  if (prepared.platform.images.grafana !== undefined) {
    await reloadGrafana(config, { changed: prepared.changedSecrets, signal });
  }
  const { managed } = config.grafana;
  const grafanaMissing =
    managed !== undefined && managed.image === undefined && prepared.platform.images.grafana === undefined;
  if (grafanaMissing || config.grafana.managed === undefined) {
    writeFiles(resolve("out", config.environment), await renderAll(config));
  }
  await waitForGroups(config, { progress, signal });
  for (const line of closingWords(config, {
    ...options,
    grafanaMissing,
    notes: [...prepared.notes, ...keptWords(config, kept)],
  })) {
    print(line);
  }
}

async function deploy(loaded: LoadedConfig, { progress, signal }: UpOptions): Promise<void> {
  try {
    await runCdktfStep(loaded, { progress, title: "Deploy all stacks", arguments: ["deploy", "*"] });
  } catch (error) {
    for (const line of await diagnoseContainers(loaded.config, signal)) {
      progress.log(line);
    }
    throw error;
  }
}

type Closing = UpOptions & { readonly grafanaMissing: boolean; readonly notes: readonly string[] };

function closingWords(config: Config, { grafanaMissing, notes, configFlag }: Closing): string[] {
  const container = (name: string): string => `lagline-${config.environment}-${name}`;
  const [cluster = ""] = Object.keys(config.clusters);
  const { managed: grafana } = config.grafana;
  return [
    "",
    `Lagline runs: environment ${config.environment}, clusters ${Object.keys(config.clusters).join(", ")}.`,
    `  Elasticsearch  ${elasticsearchHostUrls(config).join(", ")}   documents in ${documentsIndex(config).search}`,
    ...accessWords(config),
    ...Object.entries(config.clusters).map(
      ([name, settings]) => `  Kafka ${name}  ${bootstrapHostServers(settings).join(", ")}`,
    ),
    ...(grafana !== undefined && !grafanaMissing
      ? [
          `  Grafana        ${config.grafana.root_url ?? `http://127.0.0.1:${grafana.host_port}`}   user admin, password in ${grafana.admin_password_file}`,
        ]
      : [
          `  Grafana        ${grafanaMissing ? "left out: its image cannot be had here. " : ""}Its files are in out/${config.environment}/grafana; docs/grafana.md says how to use them.`,
        ]),
    ...notes.map((note) => `  Note: ${note}`),
    "",
    "See it:",
    `  scripts/lagline top${configFlag}                    live table of all groups`,
    `  docker logs -f ${container(`collector-${cluster}`)}    what the collector does`,
    `  docker logs -f ${container(`burrow-${cluster}`)}       what Burrow does`,
    `  scripts/lagline doctor${configFlag}                 is every link of the chain in order`,
    "Stop it:",
    `  scripts/down${configFlag}                       data is kept`,
    `  scripts/down${configFlag} --purge --yes         data is removed too`,
  ];
}

function keptWords(config: Config, volumes: readonly string[]): string[] {
  if (volumes.length === 0) return [];
  const names = volumes.map((name) => hostName(config, name));
  return [
    `${config.environment} names these volumes no more, and their data is kept: ${names.join(", ")}. \`docker volume rm ${names.join(" ")}\` removes it.`,
  ];
}

function accessWords(config: Config): string[] {
  const access = elasticsearchAccess(config, "reader");
  return access === undefined
    ? []
    : [
        `                 user ${access.username}, password in ${access.passwordFile}, authority in ${access.caFile}`,
      ];
}
