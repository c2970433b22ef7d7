/**
 * Serves the same Burrow to Telegraf 1.39.3 and to Lagline in shape `telegraf`, and compares what they send. Exit 1 when
 * a difference is neither a timestamp nor a defect that Lagline mends on purpose.
 *
 *   node scripts/telegraf/compare.ts
 */
import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { CORPUS_CLUSTER, ROUNDED_GROUP } from "../../tests/fakes/telegraf-corpus.ts";
import { TELEGRAF_BUILDS, TELEGRAF_VERSION, ensureTelegraf } from "../bench/telegraf.ts";
import {
  type Difference,
  compareDocuments,
  reasonFor,
  sortDocuments,
  withoutTimeAndHost,
} from "./differences.ts";
import { documentsOf, laglineProgram, telegrafProgram } from "./record.ts";

const GOLDEN = fileURLToPath(new URL("../../tests/fixtures/telegraf/documents.ndjson", import.meta.url));
const FORMS = ["keep", "fix"] as const;

const { values } = parseArgs({
  options: {
    telegraf: { type: "string", default: "slim" },
    record: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(
    "node scripts/telegraf/compare.ts [--telegraf slim|full] [--all] [--record]\n" +
      "Compares the documents of Telegraf and Lagline on the same Burrow; --all also lists the differences that are meant, --record keeps Telegraf's documents for the unit tests.\n" +
      "Example: node scripts/telegraf/compare.ts --all\n",
  );
} else {
  process.exitCode = await main();
}

async function main(): Promise<number> {
  const program = await ensureTelegraf(z.enum(TELEGRAF_BUILDS).parse(values.telegraf), (line) => {
    process.stderr.write(`${line}\n`);
  });
  const telegraf = (await documentsOf(telegrafProgram(program))).map(({ text }) => text);
  process.stdout.write(`Telegraf ${TELEGRAF_VERSION} sent ${telegraf.length} documents.\n`);
  if (values.record) {
    mkdirSync(new URL(".", `file://${GOLDEN}`), { recursive: true });
    writeFileSync(GOLDEN, `${sortDocuments(telegraf.map(withoutTimeAndHost)).join("\n")}\n`);
    process.stdout.write(`Kept in ${GOLDEN}.\n`);
  }
  let unexplained = 0;
  for (const form of FORMS) {
    const lagline = (await documentsOf(laglineProgram(form))).map(({ text }) => text);
    unexplained += report(form, { documents: lagline.length, found: compareDocuments(telegraf, lagline) });
  }
  return unexplained === 0 ? 0 : 1;
}

function report(
  form: (typeof FORMS)[number],
  { documents, found }: { documents: number; found: readonly Difference[] },
): number {
  const context = { form, selfGroup: `burrow-${CORPUS_CLUSTER}`, rounded: [ROUNDED_GROUP] };
  const judged = found.map((difference) => ({ difference, reason: reasonFor(difference, context) }));
  const unexplained = judged.filter(({ reason }) => reason === null);
  process.stdout.write(
    `Lagline, defects: ${form}, sent ${documents} documents: ${found.length} differences, ${unexplained.length} of them not meant.\n`,
  );
  for (const { difference, reason } of values.all ? judged : unexplained) {
    const { series, what, telegraf, lagline } = difference;
    process.stdout.write(
      `  ${series} ${what}: ${JSON.stringify(telegraf)} → ${JSON.stringify(lagline)}${reason === null ? "" : `  (${reason})`}\n`,
    );
  }
  return unexplained.length;
}
