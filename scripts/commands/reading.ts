/** `lagline top`, `lagline verify`: what reads the stored documents. */
import type { Command } from "commander";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, wholeNumber, withConfig, withExample } from "./options.ts";

export function addReadingCommands(program: Command): void {
  addTop(program);
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
