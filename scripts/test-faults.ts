/**
 * `npm run test:faults`: the spool in real processes under kills, races and full disks. Bounded by default; the flags set the variables
 * that the tests read (tests/faults/support/bounds.ts), so that CI and a night of kills run the same tests.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { execa } from "execa";

const FLAGS = {
  kills: { variable: "LAGLINE_KILLS", help: "SIGKILLs at random moments (200)" },
} as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

function help(): string {
  const lines = Object.entries(FLAGS).map(([flag, about]) => `  --${flag.padEnd(14)} ${about.help}`);
  return [
    "npm run test:faults -- [flags] [files]",
    "Nothing lost, nothing doubled: the spool killed, raced for and on a full disk.",
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
