/** `lagline alerts`: what people want to know about alert rules. */
import type { Command } from "commander";
import type { ConfigOption } from "./options.ts";
import { load, withConfig, withExample } from "./options.ts";

type ListFlags = ConfigOption & { json: boolean };

export function addAlertCommands(program: Command): void {
  const alerts = program.command("alerts").description("Alert rules: list.");
  const command = alerts
    .command("list")
    .description("Every alert rule of this configuration: severity, when it fires, after how long, runbook.")
    .option("--json", "print one JSON document", false)
    .action(async (options: ListFlags) => {
      const { config } = load(options);
      const [{ alertCatalogue }, { catalogueLines }] = await Promise.all([
        import("../../alerts/index.ts"),
        import("../alerts/list.ts"),
      ]);
      const entries = alertCatalogue(Object.keys(config.clusters));
      const lines = options.json ? [JSON.stringify(entries, undefined, 2)] : catalogueLines(entries);
      process.stdout.write(`${lines.join("\n")}\n`);
    });
  withExample(withConfig(command), "lagline alerts list", "lagline alerts list --json");
}
