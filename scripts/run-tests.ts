/**
 * Runs every suite, one after the other, and closes with one line over all of them. A failed suite does not hide the
 * next. Engines are started here when none runs, and stopped again when they were started here.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { execa } from "execa";
import { z } from "zod";
import { describeError } from "../model/errors.ts";
import { ensurePackages } from "./platform/apt.ts";
import { createContext } from "./platform/context.ts";
import { ensureDockerEngine } from "./platform/engine.ts";
import { stopDockerEngine } from "./platform/engine-daemon.ts";

type Count = { readonly passed: number; readonly failed: number; readonly skipped: number };
const NONE: Count = { passed: 0, failed: 0, skipped: 0 };
const FAILED: Count = { passed: 0, failed: 1, skipped: 0 };

const REPORTS = "var/test/reports";
const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/** Checks that are one yes or no each. */
const CHECKS = ["format:check", "lint", "typecheck", "check:lockfile", "check:licences", "check:generated"];

async function runCheck(name: string): Promise<Count> {
  console.log(`\n== ${name}`);
  const { exitCode } = await execa("npm", ["run", "--silent", name], { stdio: "inherit", reject: false });
  return exitCode === 0 ? { ...NONE, passed: 1 } : FAILED;
}

async function runVitest(project: "unit" | "processes" | "faults" | "integration"): Promise<Count> {
  console.log(`\n== ${project} tests`);
  const report = `${REPORTS}/${project}.json`;
  rmSync(report, { force: true });
  const { exitCode } = await execa(
    "vitest",
    ["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    {
      stdio: ["ignore", "inherit", "inherit"],
      reject: false,
      env: { FORCE_COLOR: "0" },
    },
  );
  if (!existsSync(report)) {
    console.error(`The ${project} tests ended with exit code ${exitCode} before they could report.`);
    return FAILED;
  }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = reportSchema.parse(
    JSON.parse(readFileSync(report, "utf8")),
  );
  // A file that fails before its first test counts as one failure; so does a run that fails with no failed test.
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  ).length;
  const failed = numFailedTests + brokenFiles;
  return {
    passed: numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: numPendingTests,
  };
}

async function runIntegration(): Promise<Count> {
  const controller = new AbortController();
  process.once("SIGTERM", () => controller.abort());
  const shared = { log: (line: string) => console.log(line), signal: controller.signal };
  let startedByUs = false;
  try {
    ({ startedByUs } = await ensureDockerEngine({ ...shared, allowInstall: true }));
    return await runVitest("integration");
  } catch (error) {
    console.error(describeError(error));
    return FAILED;
  } finally {
    if (startedByUs) {
      await stopDockerEngine(shared);
    }
  }
}

/** Commands that some tests run: strace kills at system calls, openssl makes certificates. */
const TOOLS = ["strace", "openssl"];

/** Without strace its tests say so and count as skipped; without openssl they fail. */
async function ensureTools(): Promise<void> {
  const answers = await Promise.all(
    TOOLS.map(async (tool) => execa(tool, [tool === "openssl" ? "version" : "--version"], { reject: false })),
  );
  const lacking = TOOLS.filter((_, index) => answers[index]?.exitCode !== 0);
  if (lacking.length === 0) {
    return;
  }
  try {
    const context = createContext({
      log: (line) => console.log(line),
      signal: new AbortController().signal,
      retryCommand: "scripts/test",
    });
    await ensurePackages(context, lacking);
  } catch (error) {
    console.error(
      `${lacking.join(" and ")} cannot be installed, so tests that need it cannot run: ${describeError(error)}`,
    );
  }
}

/** Ten minutes of collector while the other suites run: it uses a few percent of a core, and nice lets them go first. */
async function runSoak(): Promise<Count> {
  const command = [
    "-n",
    "10",
    process.execPath,
    "scripts/bench/load.ts",
    "soak",
    "--minutes",
    "10",
    "--check",
  ];
  const { exitCode, all } = await execa("nice", command, { reject: false, all: true });
  console.log(`\n== soak (10 minutes beside the other suites)\n${all}`);
  return exitCode === 0 ? { ...NONE, passed: 1 } : FAILED;
}

mkdirSync(REPORTS, { recursive: true });
await ensureTools();
const start = performance.now();
const counts: Count[] = [];
for (const name of CHECKS) {
  counts.push(await runCheck(name));
}
const soak = process.argv.includes("--unit") ? undefined : runSoak();
counts.push(await runVitest("unit"));
counts.push(await runVitest("processes"));
if (soak !== undefined) {
  counts.push(await runVitest("faults"));
  counts.push(await runIntegration());
  counts.push(await soak);
}
const total = counts.reduce(
  (sum, count) => ({
    passed: sum.passed + count.passed,
    failed: sum.failed + count.failed,
    skipped: sum.skipped + count.skipped,
  }),
  NONE,
);
const minutes = ((performance.now() - start) / 60_000).toFixed(1);
console.log(
  `\nAll suites took ${minutes} minutes.${total.failed === 0 ? " Next: scripts/up shows the pipeline on live traffic." : " The failures are above; run one suite with `npx vitest run <file>`."}`,
);
if (total.skipped > 0) {
  console.log(`${total.skipped} tests could not run on this machine; each says above what it needs.`);
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
