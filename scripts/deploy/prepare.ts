/** Makes a host ready to deploy: engine, bundle, images, Terraform, provider, secrets. Says what it does before it does it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { elasticsearchKeyFiles } from "../../config/elasticsearch-access.ts";
import type { Config } from "../../config/schema.ts";
import type { Component } from "../../stacks/versions.ts";
import { usesOwnRetention, withOwnRetention } from "../../stacks/own-retention.ts";
import type { Platform } from "../../stacks/platform-file.ts";
import { imagesOf } from "../../stacks/platform-file.ts";
import { ensureDockerEngine } from "../platform/engine.ts";
import { ensureImages } from "../platform/images/images.ts";
import { ensurePackages } from "../platform/apt.ts";
import { probeCommand } from "../platform/commands.ts";
import type { PlatformOptions } from "../platform/context.ts";
import { createContext } from "../platform/context.ts";
import { findRepositoryRoot } from "../platform/paths.ts";
import type { Progress } from "../platform/progress.ts";
import { ensureDockerProvider } from "../platform/provider.ts";
import { ensureTerraform } from "../platform/terraform.ts";
import { initialiseSecrets, stageSecrets } from "../secrets/secrets.ts";
import { deploymentDirectories } from "./directories.ts";
import { ownContainers } from "./docker.ts";
import { checkHostLimits } from "./host-limits.ts";
import { imageNotes } from "./image-notes.ts";
import { preflight } from "./preflight.ts";

export type PrepareOptions = {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly allowInstall: boolean;
};

export type Prepared = {
  readonly platform: Platform;
  readonly notes: readonly string[];
  readonly engineStarted: boolean;
  /** Staged secrets that are other than before. */
  readonly changedSecrets: readonly string[];
};

/** @throws LaglineError with the reason and the fix, before anything is deployed. */
export async function prepare(config: Config, options: PrepareOptions): Promise<Prepared> {
  const shared = { progress: options.progress, signal: options.signal, log: options.progress.log };
  await ensureTerraform({ signal: options.signal });
  const engine = await ensureDockerEngine({ ...shared, allowInstall: options.allowInstall });
  await preflight(config, await ownContainers(config, options.signal));
  await ensureOpenssl(config, { ...shared, allowInstall: options.allowInstall });
  for (const sentence of initialiseSecrets(config)) {
    if (!sentence.includes(": kept ")) {
      options.progress.log(sentence);
    }
  }
  const changedSecrets = stageSecrets(config, deploymentDirectories(config).secrets);
  await options.progress.step("Bundle the collector", async (step) => {
    await step.run({ file: process.execPath, args: ["scripts/build-bundle.ts"], cwd: findRepositoryRoot() });
  });
  const [images, provider] = await Promise.all([
    ensureImages({ ...shared, source: config.images.source, components: wantedComponents(config) }),
    ensureDockerProvider(shared),
  ]);
  const elasticsearch = images.get("elasticsearch") ?? images.get("elasticsearch-8");
  const elasticsearchImage = config.images.references.elasticsearch ?? elasticsearch?.reference;
  if (elasticsearchImage !== undefined) await checkHostLimits(config, elasticsearchImage, options.signal);
  const platform: Platform = {
    images: Object.fromEntries(
      [...images]
        .filter(([, image]) => image.source !== "unavailable")
        .map(([component, image]) => [component, image.reference]),
    ),
    providerVersion: provider.version,
  };
  const deployed = withOwnRetention(config, imagesOf(config, platform));
  const notes = imageNotes(images, usesOwnRetention(deployed));
  writeIfChanged(deploymentDirectories(config).platformFile, platform);
  writeTerraformEnvironment(config, provider.terraformConfigFile);
  return { platform, notes, engineStarted: engine.startedByUs, changedSecrets };
}

/** Certificates are made with it, and a bare Debian has none. */
async function ensureOpenssl(
  config: Config,
  options: PlatformOptions & { allowInstall?: boolean },
): Promise<void> {
  if (elasticsearchKeyFiles(config) === undefined) return;
  const found = await probeCommand({ file: "openssl", args: ["version"] }, options.signal);
  if (found.exitCode === 0 || options.allowInstall === false) return;
  await ensurePackages(createContext(options), ["openssl"]);
}

/** What cdktf's verbs need to find the provider without a network; see `cdktf-run.ts`. */
export function writeTerraformEnvironment(config: Config, terraformConfigFile: string): void {
  writeIfChanged(deploymentDirectories(config).environmentFile, { TF_CLI_CONFIG_FILE: terraformConfigFile });
}

/** Components whose image is needed and not given by the configuration. */
export function wantedComponents(config: Config): Component[] {
  const clusters = Object.values(config.clusters);
  const elasticsearch = config.elasticsearch.managed?.version === "8" ? "elasticsearch-8" : "elasticsearch";
  const wanted: Component[] = [
    ...(clusters.some(({ kafka }) => kafka?.managed !== undefined) ? (["kafka"] as const) : []),
    ...(clusters.some(({ burrow }) => burrow.managed !== undefined) ? (["burrow"] as const) : []),
    ...(config.elasticsearch.managed === undefined ? [] : ([elasticsearch] as const)),
    ...(config.grafana.managed === undefined || config.grafana.managed.image !== undefined
      ? []
      : (["grafana"] as const)),
    "collector",
  ];
  const given: Readonly<Record<string, string | undefined>> = config.images.references;
  return wanted.filter((component) => given[component.replace(/-8$/, "")] === undefined);
}

function writeIfChanged(file: string, value: object): void {
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    writeFileSync(file, text);
  }
}
