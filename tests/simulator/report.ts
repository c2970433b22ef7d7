/** Plays every scenario and prints what was found: `node tests/simulator/report.ts [--interval 30] [--verbose] [name]`. */
import { parseArgs } from "node:util";
import { play } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";
import { accuracy, score } from "./score.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { interval: { type: "string", default: "30" }, verbose: { type: "boolean", default: false } },
});
const intervalSeconds = Number(values.interval);
const chosen = SCENARIOS.filter((scenario) => positionals.every((word) => scenario.name.includes(word)));
const samples = [];
const lines = [
  "| scenario | expected | delay | ticks after decidable | false alarms | false suspicions | changes | last |",
  "|---|---|---|---|---|---|---|---|",
];
for (const scenario of chosen) {
  const playback = play(scenario, { intervalSeconds });
  samples.push(...playback.samples);
  const result = score(scenario, playback, intervalSeconds);
  const delay =
    scenario.detect === undefined ? "–" : result.delaySeconds === null ? "never" : `${result.delaySeconds} s`;
  const ticks = scenario.detect === undefined ? "–" : String(result.delayTicks ?? "never");
  lines.push(
    `| ${scenario.name} | ${scenario.detect?.verdict ?? "no alarm"} | ${delay} | ${ticks} | ${result.falseAlarms} | ${result.falseSuspicions} | ${result.changes} | ${result.last} |`,
  );
  if (values.verbose) {
    process.stdout.write(`\n## ${scenario.name}\n`);
    process.stdout.write(
      `${result.timeline.map((entry) => `${entry.second} ${entry.verdict}`).join(" · ")}\n`,
    );
    for (const problem of result.problems.slice(0, 6)) process.stdout.write(`  ! ${problem}\n`);
    let shown = "";
    for (const tick of playback.ticks) {
      const document = tick.groups.get(scenario.subject);
      if (document?.verdict === shown || document === undefined) continue;
      shown = document.verdict ?? "";
      process.stdout.write(`  ${tick.second} s ${shown}: ${document.cause ?? ""}\n`);
    }
    process.stdout.write(`  end: ${result.cause}\n`);
  }
}
process.stdout.write(`\n${lines.join("\n")}\n\n`);
process.stdout.write(
  "| time lag method | samples | p50 error | p95 error | max error | outside stated bounds |\n|---|---|---|---|---|---|\n",
);
for (const row of accuracy(samples)) {
  process.stdout.write(
    `| ${row.method} | ${row.count} | ${row.p50.toFixed(1)} s | ${row.p95.toFixed(1)} s | ${row.max.toFixed(1)} s | ${row.outside} |\n`,
  );
}
