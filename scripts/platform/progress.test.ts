import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LaglineError } from "../../model/errors.ts";
import { createProgress, formatElapsed, type Progress, type ProgressOptions, slugify } from "./progress.ts";

let folder = "";
let lines: string[] = [];
let time = 0;
let progress: Progress;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lagline-progress-"));
  lines = [];
  time = 0;
  progress = createProgress(options());
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function options(): ProgressOptions {
  return {
    log: (line) => lines.push(line),
    signal: new AbortController().signal,
    logFolder: join(folder, "log"),
    retryCommand: "scripts/up",
    now: () => time,
  };
}

it("prints one line with both times and the note when a step is done", async () => {
  const result = await progress.step("Build Burrow 1.9.6", async (step) => {
    step.note("cached");
    time = 1500;
    return 7;
  });
  expect(result).toBe(7);
  expect(lines).toEqual(["[   1.5 s] Build Burrow 1.9.6 … done in 1.5 s (cached)"]);
});

it("keeps the output of commands in the log file of the step and returns standard output", async () => {
  const command = { file: "sh", args: ["-c", "echo out; echo err >&2"] };
  const output = await progress.step("Say it", async (step) => step.run(command));
  expect(output).toBe("out");
  const log = await readFile(join(folder, "log", "say-it.log"), "utf8");
  expect(
    log
      .split("\n")
      .slice(1)
      .toSorted((a, b) => a.localeCompare(b)),
  ).toEqual(["", "err", "out"]);
});

it("tells reason, last lines of the log and what to type when a command fails", async () => {
  const command = {
    file: "sh",
    args: ["-c", "seq 1 30; echo 'cannot reach http://user:secret@m.example/' >&2; exit 3"],
  };
  const failing = progress.step("Fetch", async (step) => step.run(command));
  await expect(failing).rejects.toMatchObject({ code: "LAGLINE_PLATFORM_COMMAND_FAILED" });
  const text = lines.join("\n");
  expect(text).toContain("Fetch … failed after 0.0 s:");
  expect(text).toContain("ended with exit code 3: cannot reach http://***@m.example/");
  expect(text).toContain("    30\n");
  expect(text).not.toContain("    11\n");
  expect(text).not.toContain("secret");
  expect(text).toContain("to try again: scripts/up");
});

it("says which program is missing", async () => {
  const failing = progress.step("Fetch", async (step) =>
    step.run({ file: "lagline-no-such-program", args: [] }),
  );
  await expect(failing).rejects.toThrow('The program "lagline-no-such-program" is not installed.');
});

it("passes an error with its own hint on without a second advice", async () => {
  const error = new LaglineError({ code: "LAGLINE_TEST", message: "No disk.", hint: "Free 2 GB." });
  await expect(progress.step("Write", async () => Promise.reject(error))).rejects.toBe(error);
  expect(lines).toEqual(["[   0.0 s] Write … failed after 0.0 s: No disk. Free 2 GB."]);
});

it("ends a running command and says stopped when the person stops it", async () => {
  const stop = new AbortController();
  const step = progress.withSignal(stop.signal).step("Wait", async (running) => {
    setTimeout(() => stop.abort(new Error("stopped by SIGINT")), 50);
    return running.run({ file: "sleep", args: ["30"] });
  });
  await expect(step).rejects.toThrow("stopped by SIGINT");
  expect(lines.at(-1)).toContain("Wait … stopped after");
});

it("names all running steps in one line at every beat, and is silent afterwards", async () => {
  const quick = createProgress({ ...options(), heartbeatMs: 10 });
  const gate = new AbortController();
  const opened = once(gate.signal, "abort");
  const steps = [0, 1].map(async (index) => quick.step(`Step ${index}`, async () => opened));
  const isTold = (): boolean =>
    lines.some((line) => /still working: Step [01] \(\d+ s\), Step [01] \(/.test(line));
  while (!isTold()) await sleep(5);
  gate.abort();
  await Promise.all(steps);
  const count = lines.length;
  await sleep(50);
  expect(lines).toHaveLength(count);
});

it("formats times and file names", () => {
  expect(formatElapsed(12_345)).toBe("[  12.3 s]");
  expect(slugify("Build image lagline/kafka:4.2.0 (once)")).toBe("build-image-lagline-kafka-4.2.0-once");
});
