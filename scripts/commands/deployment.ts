/** `lagline prepare`, `lagline up`, `lagline down`: the deployment on this host. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { LaglineError } from "../../model/errors.ts";
import type { ConfigOption } from "./options.ts";
import { DEFAULT_CONFIG, interruptSignal, load, withConfig, withExample } from "./options.ts";

export function addDeploymentCommands(program: Command): void {
  addPrepare(program);
  addUp(program);
  addDown(program);
}

type InstallOption = ConfigOption & { readonly install: boolean };

/**
 * Deploying needs cdktf and the image builds, which are in the repository and not in the package.
 * @throws LaglineError `LAGLINE_USAGE_NEEDS_REPOSITORY`.
 */
function requireRepository(): void {
  if (existsSync(join(import.meta.dirname, "..", "..", "stacks", "main.ts"))) return;
  throw new LaglineError({
    code: "LAGLINE_USAGE_NEEDS_REPOSITORY",
    message: "This command deploys with cdktf and builds images, which the installed package does not hold.",
    hint: "Clone the repository and run scripts/up there; collect, setup, render, top, doctor and the others work from the package.",
  });
}

/** One timeline for all steps of a command; its logs lie beside the deployment's files. */
async function timeline(retryCommand: string) {
  const { createProgress } = await import("../platform/progress.ts");
  const signal = interruptSignal();
  const logFolder = join("var", "log");
  const progress = createProgress({
    log: (line) => void process.stdout.write(`${line}\n`),
    signal,
    logFolder,
    retryCommand,
  });
  return { progress, signal };
}

function addPrepare(program: Command): void {
  const command = program
    .command("prepare")
    .description(
      "Make this host ready to deploy: engine, images, Terraform provider, secrets. Then `cdktf deploy '*'` works.",
    )
    .option("--no-install", "change nothing on this host; say what to install instead")
    .action(async (options: InstallOption) => {
      requireRepository();
      const { config } = load(options);
      const { prepare } = await import("../deploy/prepare.ts");
      const { progress, signal } = await timeline("lagline prepare");
      const { notes } = await prepare(config, { progress, signal, allowInstall: options.install });
      process.stdout.write(
        `${[...notes, "Ready. Deploy with `npm run deploy` or `scripts/up`."].join("\n")}\n`,
      );
    });
  withExample(withConfig(command), "lagline prepare && npm run deploy");
}

function addUp(program: Command): void {
  const command = program
    .command("up")
    .description(
      "Install what is missing, build or pull images, deploy all stacks, wait for the first documents.",
    )
    .option("--no-install", "change nothing on this host; say what to install instead")
    .action(async (options: InstallOption) => {
      requireRepository();
      const loaded = load(options);
      const { bringUp } = await import("../deploy/up.ts");
      const { showTop } = await import("../top/show.ts");
      const configFlag = options.config === DEFAULT_CONFIG ? "" : ` --config ${options.config}`;
      const { progress, signal } = await timeline(`scripts/up${configFlag}`);
      const print = (line: string): void => void process.stdout.write(`${line}\n`);
      await bringUp(loaded, { progress, signal, allowInstall: options.install, configFlag, print });
      print("");
      await showTop(loaded.config, { once: true, signal, print });
    });
  withExample(withConfig(command), "scripts/up", "scripts/up --config my.yaml --no-install");
}

function addDown(program: Command): void {
  const command = program
    .command("down")
    .description(
      "Stop and remove all containers of this environment. Data volumes stay unless --purge --yes.",
    )
    .option("--purge", "remove data volumes, state and generated files too", false)
    .option("--yes", "needed with --purge, because data cannot come back", false)
    .action(async (options: ConfigOption & { purge: boolean; yes: boolean }) => {
      if (options.purge && !options.yes) {
        throw new LaglineError({
          code: "LAGLINE_USAGE_PURGE",
          message: "--purge removes all stored data of this environment and needs --yes beside it.",
          hint: "Leave --purge out to keep the data.",
        });
      }
      requireRepository();
      const loaded = load(options);
      const { takeDown } = await import("../deploy/down.ts");
      const { progress, signal } = await timeline("scripts/down");
      await takeDown(loaded, { progress, signal, purge: options.purge });
    });
  withExample(withConfig(command), "scripts/down", "scripts/down --purge --yes");
}
