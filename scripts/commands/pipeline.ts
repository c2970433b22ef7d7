/** `lagline collect`, `lagline setup`: what runs inside the containers. */
import type { Command } from "commander";
import type { Config } from "../../config/schema.ts";
import { LAGLINE_VERSION } from "../../stacks/versions.ts";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, pickCluster, withConfig, withExample } from "./options.ts";

export function addPipelineCommands(program: Command): void {
  addCollect(program);
  addSetup(program);
}

type CollectOptions = ConfigOption & { cluster?: string; once: boolean; print: boolean; sidecar: boolean };

function addCollect(program: Command): void {
  const command = program
    .command("collect")
    .description("Move Burrow's evaluations into Elasticsearch, tick by tick, through the spool.")
    .option("--cluster <name>", "cluster to read; needed where the configuration has several")
    .option("--once", "one cycle, deliver, stop; exit 1 if something is left", false)
    .option("--print", "print documents as NDJSON instead of sending them", false)
    .option(
      "--sidecar",
      "runs in Burrow's network namespace: stop when that is lost, so that a restart joins the new one",
      false,
    )
    .action(async (options: CollectOptions) => {
      const { config } = load(options);
      const cluster = pickCluster(Object.keys(config.clusters), options.cluster);
      const { runCollect, runCollectForEver } = await import("../../collectors/collect-command.ts");
      const collect = {
        cluster,
        once: options.once,
        print: options.print,
        version: LAGLINE_VERSION,
        ...(options.sidecar ? { sidecar: true } : {}),
      };
      const result = options.once
        ? await runCollect(config, collect)
        : await runCollectForEver(config, collect, () => loadWith(options, cluster));
      process.exitCode = result === "reload" ? 0 : result;
    });
  withExample(
    withConfig(command),
    "lagline collect --cluster orders",
    "lagline collect --once --print | head",
  );
}

/** The configuration as it is in the file now; it must still have the cluster. */
function loadWith(options: ConfigOption, cluster: string): Config {
  const { config } = load(options);
  pickCluster(Object.keys(config.clusters), cluster);
  return config;
}

function addSetup(program: Command): void {
  const command = program
    .command("setup")
    .description("Create or update templates, lifecycle and data stream in Elasticsearch. Safe to run again.")
    .action(async (options: ConfigOption) => {
      const { asDeployed } = await import("./deployed-config.ts");
      const { runSetup } = await import("../../collectors/elasticsearch/setup.ts");
      await runSetup(asDeployed(load(options).config), {
        signal: interruptSignal(),
        log: (sentence) => void process.stdout.write(`${sentence}\n`),
      });
    });
  withExample(withConfig(command), "lagline setup --config lagline.yaml");
}
