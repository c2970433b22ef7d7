/** `lagline notify`: the relay between Grafana and Slack. */
import type { Command } from "commander";
import { LAGLINE_VERSION } from "../../stacks/versions.ts";
import type { ConfigOption } from "./options.ts";
import { load, withConfig, withExample } from "./options.ts";

export function addNotifyCommand(program: Command): void {
  const command = program
    .command("notify")
    .description(
      "Relay between Grafana and Slack: keeps every alert on disk until Slack takes it, and checks every all-clear against the stored data.",
    )
    .action(async (options: ConfigOption) => {
      const { config } = load(options);
      const { runNotify } = await import("../../alerts/relay/notify-command.ts");
      process.exitCode = await runNotify(config, { version: LAGLINE_VERSION });
    });
  withExample(withConfig(command), "lagline notify --config lagline.yaml");
}
