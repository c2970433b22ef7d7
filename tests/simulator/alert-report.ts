/** Plays every scenario through the rules and writes the table of docs/alerts.md: `node tests/simulator/alert-report.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TABLE_HEAD, alertRow, scenarioDocuments, tableLine } from "./alert-table.ts";
import { SCENARIOS } from "./scenarios.ts";
import { memorySource } from "../../alerts/evaluation/memory-source.ts";

const PAGE = join(import.meta.dirname, "..", "..", "docs", "alerts.md");
const BEGIN = "<!-- alert table: written by tests/simulator/alert-report.ts -->";
const END = "<!-- end of alert table -->";

const lines: string[] = [...TABLE_HEAD];
for (const scenario of SCENARIOS) {
  lines.push(tableLine(await alertRow(scenario, memorySource(scenarioDocuments(scenario)))));
}
const page = readFileSync(PAGE, "utf8");
const [before, after] = [page.split(BEGIN)[0], page.split(END)[1]];
if (before === undefined || after === undefined) throw new Error(`${PAGE} lacks ${BEGIN} or ${END}.`);
writeFileSync(PAGE, `${before}${BEGIN}\n\n${lines.join("\n")}\n\n${END}${after}`);
process.stdout.write(`${lines.length - TABLE_HEAD.length} scenarios in ${PAGE}\n`);
