/** `lagline alerts`: what people want to know about alert rules, and tests of them. */
import type { Command } from "commander";
import type { ConfigOption } from "./options.ts";
import { load, withConfig, withExample } from "./options.ts";

type ListFlags = ConfigOption & { json: boolean };

export function addAlertCommands(program: Command): void {
  const alerts = program.command("alerts").description("Alert rules: list, test.");
  addList(alerts);
  addTest(alerts);
  addScenarios(alerts);
}

function addList(alerts: Command): void {
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

type TestFlags = ConfigOption & { memory: boolean; json: boolean; verbose: boolean };

function addTest(alerts: Command): void {
  const command = alerts
    .command("test")
    .description("Play rules, routes and messages of this configuration over documents, and compare.")
    .argument("<files...>", "tests, see docs/alerts.md")
    .option("--memory", "without Elasticsearch: faster, and not the real one", false)
    .option("--verbose", "print every message", false)
    .option("--json", "print one JSON document", false)
    .action(async (files: readonly string[], { memory, json, verbose, ...options }: TestFlags) => {
      const { config } = load(options);
      const [{ runAlertTests }, { openElasticsearch }] = await Promise.all([
        import("../alerts/run-tests.ts"),
        import("../search/search.ts"),
      ]);
      // An index of its own is made and removed, which nobody else may.
      const http = memory ? null : await openElasticsearch(config, "operator");
      try {
        const print = (line: string): void => void process.stdout.write(`${line}\n`);
        if (!(await runAlertTests(config, { files, http, json, verbose, print }))) process.exitCode = 1;
      } finally {
        await http?.close();
      }
    });
  withExample(
    withConfig(command),
    "lagline alerts test alert-tests/*.yaml",
    "lagline alerts test --memory --verbose alert-tests/payments.yaml",
  );
}

function addScenarios(alerts: Command): void {
  const command = alerts
    .command("scenarios")
    .description("Scenarios of the simulator that a test may name.")
    .action(async () => {
      const { SCENARIOS } = await import("../../tests/simulator/scenarios.ts");
      const lines = SCENARIOS.map(({ name, seconds, subject }) => `${name} (${seconds} s, group ${subject})`);
      process.stdout.write(`${lines.join("\n")}\n`);
    });
  withExample(command, "lagline alerts scenarios");
}
