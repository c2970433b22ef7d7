/** Takes a deployment down. Data stays unless it is asked for by name. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { LoadedConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import type { Progress } from "../platform/progress.ts";
import { ensureDockerProvider } from "../platform/provider.ts";
import { runCdktfStep } from "./deploy.ts";
import { deploymentDirectories } from "./directories.ts";
import { formerVolumes, ownVolumes, removeLeftovers, removeOwnContainers } from "./docker.ts";
import { writeTerraformEnvironment } from "./prepare.ts";

/** Holds the volumes; an ordinary `down` never touches it. */
const STORAGE = "storage";
/** Cannot go while a container is attached to it. */
const NETWORK = "network";
const manifestSchema = z.object({ stacks: z.record(z.string(), z.unknown()) });

export type DownOptions = {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly purge: boolean;
};

/** Destroys all stacks but storage; with `purge` also storage, state and generated files. Safe to run again. */
export async function takeDown(
  loaded: LoadedConfig,
  { progress, signal, purge }: DownOptions,
): Promise<void> {
  const { config } = loaded;
  if (!isDeployed(config)) {
    const leftovers = await removeLeftovers(config, { volumes: purge, signal });
    progress.log(leftovers.length === 0 ? "Nothing is deployed." : `Removed ${leftovers.join(", ")}.`);
    return;
  }
  const provider = await ensureDockerProvider({ log: progress.log, progress, signal });
  writeTerraformEnvironment(config, provider.terraformConfigFile);
  const environment = purge ? { LAGLINE_PURGE: "1" } : {};
  await runCdktfStep(loaded, { progress, title: "Synthesise the stacks", arguments: ["synth"], environment });
  const stacks = synthesisedStacks(config).filter((name) => name !== STORAGE && name !== NETWORK);
  const destroy = (title: string, names: readonly string[]): Promise<unknown> =>
    runCdktfStep(loaded, {
      progress,
      title,
      arguments: ["destroy", ...names, "--ignore-missing-stack-dependencies"],
      environment,
    });
  await destroy("Destroy the stacks", stacks);
  // Of a stack that lagline.yaml has no more, for example; the network could not go while they are attached.
  const containers = await removeOwnContainers(config, signal);
  // A step of its own: cdktf does not keep the order of dependencies when one of them (storage) stays.
  await destroy("Destroy the network", [NETWORK]);
  const leftovers = [...containers, ...(await removeLeftovers(config, { volumes: false, signal }))];
  if (leftovers.length > 0) {
    progress.log(`Removed what the state did not know: ${leftovers.join(", ")}.`);
  }
  if (purge) {
    await purgeData(loaded, progress, signal);
    return;
  }
  const volumes = await ownVolumes(config, signal);
  progress.log(
    volumes.length === 0
      ? "No data volumes exist."
      : `Data is kept in ${volumes.length} volumes; \`scripts/down --purge --yes\` removes it.`,
  );
}

/** With a remote state only Terraform can tell, so it is asked. */
function isDeployed(config: Config): boolean {
  const { type, directory } = config.deployment.state;
  return type !== "local" || existsSync(resolve(directory, config.environment));
}

async function purgeData(loaded: LoadedConfig, progress: Progress, signal: AbortSignal): Promise<void> {
  const { config } = loaded;
  const environment = { LAGLINE_PURGE: "1" };
  // preventDestroy is part of the state's configuration only at plan time, so the same command lifts and destroys.
  await runCdktfStep(loaded, {
    progress,
    title: "Destroy the data volumes",
    arguments: ["destroy", STORAGE, "--ignore-missing-stack-dependencies"],
    environment,
  });
  const left = await ownVolumes(config, signal);
  if (left.length > 0) {
    throw new LaglineError({
      code: "LAGLINE_PURGE_INCOMPLETE",
      message: `These volumes are still there: ${left.join(", ")}.`,
      hint: "Remove them with `docker volume rm`, after a look at what uses them.",
    });
  }
  const { type, directory } = config.deployment.state;
  rmSync(deploymentDirectories(config).root, { recursive: true, force: true });
  if (type === "local") {
    rmSync(resolve(directory, config.environment), { recursive: true, force: true });
  }
  progress.log(
    "All containers, volumes, state and generated files of this environment are gone. Secrets stay; delete their folder yourself.",
  );
  const former = await formerVolumes(config, signal);
  if (former.length > 0) {
    progress.log(
      `Not removed, because lagline.yaml does not name them: ${former.join(", ")}. \`docker volume rm\` removes their data.`,
    );
  }
}

function synthesisedStacks(config: Config): string[] {
  const manifest = readFileSync(join(deploymentDirectories(config).synthesised, "manifest.json"), "utf8");
  return Object.keys(manifestSchema.parse(JSON.parse(manifest)).stacks);
}
