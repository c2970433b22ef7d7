/** `lagline top`, `lagline verify`, `lagline advise`, `lagline doctor`: what looks at a monitor that runs. */
import type { Command } from "commander";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, wholeNumber, withConfig, withExample } from "./options.ts";

export function addReadingCommands(program: Command): void {
  addTop(program);
  addVerify(program);
  addAdvise(program);
  addDoctor(program);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

type TopFlags = ConfigOption & {
  once: boolean;
  json: boolean;
  group: readonly string[];
  cluster: readonly string[];
  refresh: number;
};

function addTop(program: Command): void {
  const command = program
    .command("top")
    .description("All groups, most urgent first: verdict, time lag, trend, rates, cause. Live on a terminal.")
    .option("--once", "print once", false)
    .option("--json", "print the stored fields as one JSON document, once", false)
    .option("--group <glob>", "only these groups; may be given again", collect, [])
    .option("--cluster <glob>", "only these clusters; may be given again", collect, [])
    .option("--refresh <seconds>", "time between looks", wholeNumber("--refresh", 1), 5)
    .action(async (options: TopFlags) => {
      const { config } = load(options);
      const { showTop } = await import("../top/show.ts");
      const live = process.stdout.isTTY && !options.once && !options.json;
      await showTop(config, {
        once: options.once,
        json: options.json,
        groups: options.group,
        clusters: options.cluster,
        refreshSeconds: options.refresh,
        color: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
        ...(live
          ? {
              terminal: {
                columns: () => process.stdout.columns,
                rows: () => process.stdout.rows,
                write: (text: string) => void process.stdout.write(text),
              },
            }
          : {}),
        signal: interruptSignal(),
        print,
      });
    });
  withExample(withConfig(command), "lagline top", "lagline top --once --group 'billing-*'");
}

type VerifyFlags = ConfigOption & {
  json: boolean;
  all: boolean;
  atRest: boolean;
  group: readonly string[];
  cluster: readonly string[];
  rows: number;
};

function addVerify(program: Command): void {
  const command = program
    .command("verify")
    .description(
      "Compare what is stored with what Kafka itself says, partition by partition. Exit 1: it differs.",
    )
    .option("--group <glob>", "only these groups; may be given again", collect, [])
    .option("--cluster <glob>", "only these clusters; may be given again", collect, [])
    .option("--at-rest", "nothing is produced or committed: every offset must be equal", false)
    .option("--all", "show also the partitions that agree", false)
    .option("--rows <count>", "most rows shown", wholeNumber("--rows", 1), 200)
    .option("--json", "print one JSON document", false)
    .action(async (options: VerifyFlags) => {
      const { config } = load(options);
      const { runVerify } = await import("../verify/run.ts");
      const ok = await runVerify(config, {
        clusters: options.cluster,
        groups: options.group,
        mode: options.atRest ? "at_rest" : "in_flight",
        all: options.all,
        maxRows: options.rows,
        json: options.json,
        signal: interruptSignal(),
        print,
      });
      process.exitCode = ok ? 0 : 1;
    });
  withExample(
    withConfig(command),
    "lagline verify",
    "lagline verify --cluster orders --group 'billing-*' --all",
  );
}

type AdviseFlags = ConfigOption & { json: boolean; hours: number; cluster: readonly string[] };

function addAdvise(program: Command): void {
  const command = program
    .command("advise")
    .description("How many consumers and partitions a group needs, from observed rates, with the arithmetic.")
    .argument("[group]", "only this group, or groups that match this glob")
    .option("--cluster <glob>", "only these clusters; may be given again", collect, [])
    .option("--hours <number>", "look at the documents of this time", wholeNumber("--hours", 1), 24)
    .option("--json", "print one JSON document", false)
    .action(async (group: string | undefined, options: AdviseFlags) => {
      const { config } = load(options);
      const { runAdvise } = await import("../advise/run.ts");
      await runAdvise(config, {
        groups: group === undefined ? [] : [group],
        clusters: options.cluster,
        hours: options.hours,
        json: options.json,
        signal: interruptSignal(),
        print,
      });
    });
  withExample(withConfig(command), "lagline advise", "lagline advise 'billing-*' --hours 168");
}

function addDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .description(
      "Walk Kafka, Burrow, collector, Elasticsearch, Grafana, relay and Slack; name the first broken link and its fix.",
    )
    .option("--send-test", "post a test message to Slack", false)
    .option("--json", "print one JSON document", false)
    .action(async (options: ConfigOption & { sendTest: boolean; json: boolean }) => {
      const { config } = load(options);
      const { runDoctor } = await import("../doctor/run.ts");
      const { sendTest, json } = options;
      const isWhole = await runDoctor(config, { sendTest, json, signal: interruptSignal(), print });
      process.exitCode = isWhole ? 0 : 1;
    });
  withExample(withConfig(command), "lagline doctor", "lagline doctor --config my.yaml --send-test");
}
