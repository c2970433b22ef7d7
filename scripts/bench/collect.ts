/**
 * Benchmark of one whole cycle: `lagline collect --once` reads a large cluster from a fake Burrow, analyses it, spools
 * it with fsync and sends it to a sink. With --telegraf the same input goes to Telegraf, run by run in turns: `slim` has
 * just the two plugins for this work, `full` all of them, as packages and image come. With --floor it also goes to a
 * bare script, the least that a program on Node can do with it. The collector is started as a person starts it: the
 * bundle, with its code cache, on Node without flags.
 *
 *   node scripts/bench/collect.ts --runs 5 --telegraf full,slim --floor --documents 242000
 */
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BUNDLE, type Command, laglineCommand } from "./contenders.ts";
import { measure } from "./measure.ts";
import type { Row } from "./report.ts";
import type { Servers } from "./serving.ts";
import { LOAD_OPTIONS, runInTurns } from "./turns.ts";

const SOURCE = fileURLToPath(new URL("../lagline.ts", import.meta.url));

const { values } = parseArgs({
  options: { ...LOAD_OPTIONS, source: { type: "boolean", default: false } },
});

if (values.help) {
  process.stdout.write(
    "node scripts/bench/collect.ts [--groups 500] [--partitions 100] [--topics 100] [--topic-partitions 100] [--documents 60500] [--runs 3] [--telegraf full,slim] [--floor] [--gzip] [--shape native|telegraf] [--source] [--json]\n" +
      "Measures one cycle of `lagline collect --once`; --documents sets how many groups and topics there are, --source runs it from the sources instead of dist/, --telegraf and --floor compare.\n" +
      "Example: node scripts/bench/collect.ts --runs 5 --telegraf full,slim --floor\n",
  );
} else {
  if (!values.source && !existsSync(BUNDLE)) {
    throw new Error("dist/lagline.js is missing. Run `npm run build` first, or use --source.");
  }
  await runInTurns({
    values,
    intervalSeconds: null,
    lagline: async (task, run) => laglineCommand(task, run, values.source ? SOURCE : BUNDLE),
    measure: runOne,
  });
}

async function runOne(servers: Servers, command: Command, directory: string): Promise<Row> {
  const before = await servers.ask("refresh");
  const measured = await measure(command.program, command.args, directory);
  const after = await servers.ask("counts");
  if (measured.exitCode !== 0) {
    throw new Error(
      `${command.program} ${command.args.join(" ")} ended with ${measured.exitCode}: ${measured.stderr}`,
    );
  }
  return {
    ...measured,
    documents: after.documents - before.documents,
    bytes: after.bytes - before.bytes,
    connections: after.connections - before.connections,
  };
}
