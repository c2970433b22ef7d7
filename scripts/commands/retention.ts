/** `lagline retention`: deletes by age where Elasticsearch cannot. */
import type { Command } from "commander";
import { LAGLINE_VERSION } from "../../stacks/versions.ts";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, wholeNumber, withConfig, withExample } from "./options.ts";

type Options = ConfigOption & { once: boolean; dryRun: boolean; healthPort?: number };

export function addRetentionCommand(program: Command): void {
  const command = program
    .command("retention")
    .description(
      "Delete documents by age, and open the next windows of a time series, where Elasticsearch has no lifecycle modules. Runs for ever, once an hour.",
    )
    .option("--once", "one run, then stop", false)
    .option("--dry-run", "one run that changes nothing and says what it would do", false)
    .option(
      "--health-port <port>",
      "port on 127.0.0.1 for health and metrics",
      wholeNumber("--health-port", 1),
    )
    .action(async ({ once, dryRun, healthPort, ...options }: Options) => {
      const { asDeployed } = await import("./deployed-config.ts");
      const config = asDeployed(load(options).config);
      const { retainForEver, retainOnce } = await import("../../collectors/retention/command.ts");
      const signal = interruptSignal();
      if (once || dryRun) {
        await retainOnce(
          config,
          { dryRun, signal },
          (sentence) => void process.stdout.write(`${sentence}\n`),
        );
      } else {
        await retainForEver(config, { signal, healthPort: healthPort ?? null, version: LAGLINE_VERSION });
      }
    });
  withExample(withConfig(command), "lagline retention --dry-run", "lagline retention --health-port 8092");
}
