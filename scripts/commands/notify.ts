/** `lagline notify`, `lagline canary`: the way of an alert to Slack, and a proof that it works. */
import type { Command } from "commander";
import { LAGLINE_VERSION } from "../../stacks/versions.ts";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, withConfig, withExample } from "./options.ts";

export function addNotifyCommand(program: Command): void {
  addNotify(program);
  addCanary(program);
}

function addCanary(program: Command): void {
  const command = program
    .command("canary")
    .description(
      "A consumer group of its own that stops on purpose, over and over: its alert proves the chain from Kafka to Slack.",
    )
    .action(async (options: ConfigOption) => {
      const { config } = load(options);
      const { runCanary } = await import("../canary/run.ts");
      await runCanary(config, {
        signal: interruptSignal(),
        log: (sentence) => void process.stdout.write(`${sentence}\n`),
      });
    });
  withExample(withConfig(command), "lagline canary --config lagline.yaml");
}

function addNotify(program: Command): void {
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
