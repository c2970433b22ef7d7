/**
 * `npm run test:faults`: the spool under kills, races and full disks, the collector between a broken Burrow and a broken
 * Elasticsearch. Bounded by default; the flags set the variables that the tests read (tests/faults/support/bounds.ts), so
 * that CI and a night of faults run the same tests.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { execa } from "execa";

const FLAGS = {
  kills: { variable: "LAGLINE_KILLS", help: "SIGKILLs at random moments (200)" },
  "outage-hours": { variable: "LAGLINE_OUTAGE_HOURS", help: "simulated hours without Elasticsearch (12)" },
  "fuzz-seconds": { variable: "LAGLINE_FUZZ_SECONDS", help: "time for all fuzz runs together (60)" },
} as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string" },
    "outage-hours": { type: "string" },
    "fuzz-seconds": { type: "string" },
    help: { type: "boolean", default: false },
  },
});

function help(): string {
  const lines = Object.entries(FLAGS).map(([flag, about]) => `  --${flag.padEnd(14)} ${about.help}`);
  return [
    "npm run test:faults -- [flags] [files]",
    "Nothing lost, nothing doubled, nothing let in: the spool killed and on full disks, Burrow and Elasticsearch broken.",
    ...lines,
    "Example: npm run test:faults -- --kills 1000",
    "",
  ].join("\n");
}

function variables(): Record<string, string> {
  const env: Record<string, string> = { FORCE_COLOR: process.env["FORCE_COLOR"] ?? "0" };
  for (const [flag, { variable }] of Object.entries(FLAGS)) {
    const value = Object.entries(values).find(([name]) => name === flag)?.[1];
    if (typeof value === "string") {
      if (!(Number(value) >= 0)) throw new RangeError(`--${flag} takes a number, got ${value}.`);
      env[variable] = value;
    }
  }
  return env;
}

if (values.help) {
  process.stdout.write(help());
} else {
  const { exitCode } = await execa("vitest", ["run", "--project", "faults", ...positionals], {
    stdio: "inherit",
    reject: false,
    preferLocal: true,
    env: variables(),
  });
  process.exitCode = exitCode ?? 1;
}
