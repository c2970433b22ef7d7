/** `lagline policy explain`, `lagline policy report`: what is expected of a group and why. */
import type { Command } from "commander";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, wholeNumber, withConfig, withExample } from "./options.ts";

export function addPolicyCommands(program: Command): void {
  const policy = program
    .command("policy")
    .description("Which policy applies to which group, and why: explain, report.");
  addExplain(policy);
  addReport(policy);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const list = (text: string): readonly string[] => text.split(",").filter(Boolean);

type ExplainFlags = ConfigOption & { topics?: readonly string[]; json: boolean };

function addExplain(policy: Command): void {
  const command = policy
    .command("explain")
    .description("The rule that applies to a group, why the others do not, and where every value comes from.")
    .argument("<cluster>", "Kafka cluster as named in the configuration")
    .argument("<group>", "consumer group")
    .option("--topics <list>", "topics the group reads, separated by commas; else from its documents", list)
    .option("--json", "print one JSON document", false)
    .action(async (cluster: string, group: string, options: ExplainFlags) => {
      const { config } = load(options);
      const { runExplain } = await import("../policy/run.ts");
      await runExplain(config, {
        cluster,
        group,
        ...(options.topics === undefined ? {} : { topics: options.topics }),
        json: options.json,
        signal: interruptSignal(),
        print,
      });
    });
  withExample(withConfig(command), "lagline policy explain orders billing-invoice --topics invoices");
}

type ReportFlags = ConfigOption & { hours: number; json: boolean };

function addReport(policy: Command): void {
  const command = policy
    .command("report")
    .description("Groups that only the default covers, and rules that apply to no group.")
    .option("--hours <number>", "groups seen within this time", wholeNumber("--hours", 1), 24)
    .option("--json", "print one JSON document", false)
    .action(async (options: ReportFlags) => {
      const { config } = load(options);
      const { runReport } = await import("../policy/run.ts");
      await runReport(config, {
        hours: options.hours,
        json: options.json,
        signal: interruptSignal(),
        print,
      });
    });
  withExample(withConfig(command), "lagline policy report --hours 168");
}
