/** Runs long steps so that a person sees what happens, how long it takes and, on failure, why and what to do. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describeError, LaglineError } from "../../model/errors.ts";
import { type Command, redact, runCommand } from "./commands.ts";

/** One line for everything that runs, so that steps side by side do not fill the screen. */
const HEARTBEAT_MS = 15_000;
/** A step that ends sooner prints one line only. */
const ANNOUNCE_AFTER_MS = 1000;
const TAIL_LINES = 20;

export type Log = (line: string) => void;

export type Step = {
  readonly signal: AbortSignal;
  readonly logFile: string;
  /** Runs a program with its output in the step's log; returns standard output. */
  readonly run: (command: Command) => Promise<string>;
  /** A word for the end of the "done" line, such as "cached". */
  readonly note: (text: string) => void;
};

export type Progress = {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly step: <T>(title: string, body: (step: Step) => Promise<T>) => Promise<T>;
  /** The same timeline with another reason to stop. */
  readonly withSignal: (signal: AbortSignal) => Progress;
};

export type ProgressOptions = {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Holds one log file per step. */
  readonly logFolder: string;
  /** What a person types to try again. */
  readonly retryCommand: string;
  readonly now?: () => number;
  /** @default 15 seconds */
  readonly heartbeatMs?: number;
};

export function createProgress(options: ProgressOptions): Progress {
  const now = options.now ?? (() => performance.now());
  const start = now();
  const print = (text: string): void => options.log(`${formatElapsed(now() - start)} ${text}`);
  const heartbeat = createHeartbeat({ print, now, everyMs: options.heartbeatMs ?? HEARTBEAT_MS });
  const build = (signal: AbortSignal): Progress => ({
    log: print,
    signal,
    step: async (title, body) => {
      signal.throwIfAborted();
      await mkdir(options.logFolder, { recursive: true });
      const logFile = join(options.logFolder, `${slugify(title)}.log`);
      await writeFile(logFile, "");
      const stop = heartbeat(title);
      const run = { title, logFile, signal, retryCommand: options.retryCommand, print, now };
      return runStep(run, body).finally(stop);
    },
    withSignal: build,
  });
  return build(options.signal);
}

export function formatElapsed(elapsedMs: number): string {
  return `[${(elapsedMs / 1000).toFixed(1).padStart(6)} s]`;
}

/** A file name from a title: "Build Burrow 1.9.6" → "build-burrow-1.9.6". */
export function slugify(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "");
}

/** Names the running steps at every beat; the returned function says that one begins, its result that it ended. */
function createHeartbeat(options: {
  print: Log;
  now: () => number;
  everyMs: number;
}): (title: string) => () => void {
  const running = new Map<symbol, { readonly title: string; readonly begin: number }>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    const parts = [...running.values()].map(
      ({ title, begin }) => `${title} (${((options.now() - begin) / 1000).toFixed(0)} s)`,
    );
    options.print(`still working: ${parts.join(", ")}`);
  };
  return (title) => {
    const key = Symbol(title);
    running.set(key, { title, begin: options.now() });
    timer ??= setInterval(tell, options.everyMs);
    return () => {
      running.delete(key);
      if (running.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
}

type StepRun = {
  readonly title: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
  readonly retryCommand: string;
  readonly print: Log;
  readonly now: () => number;
};

async function runStep<T>(run: StepRun, body: (step: Step) => Promise<T>): Promise<T> {
  const begin = run.now();
  const seconds = (): string => ((run.now() - begin) / 1000).toFixed(1);
  const notes: string[] = [];
  const announce = setTimeout(() => run.print(`${run.title} …`), ANNOUNCE_AFTER_MS);
  try {
    const result = await body({
      signal: run.signal,
      logFile: run.logFile,
      run: async (command) => runCommand(command, { signal: run.signal, logFile: run.logFile }),
      note: (text) => void notes.push(text),
    });
    run.print(`${run.title} … done in ${seconds()} s${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`);
    return result;
  } catch (error) {
    await reportFailure(run, seconds(), error);
    throw error;
  } finally {
    clearTimeout(announce);
  }
}

async function reportFailure(run: StepRun, seconds: string, error: unknown): Promise<void> {
  if (run.signal.aborted) {
    run.print(`${run.title} … stopped after ${seconds} s`);
    return;
  }
  run.print(`${run.title} … failed after ${seconds} s: ${describeError(error)}`);
  const tail = lastLines(await readFile(run.logFile, "utf8").catch(() => ""), TAIL_LINES);
  const place = relative(process.cwd(), run.logFile);
  if (tail.length > 0)
    run.print(`last lines of ${place}:\n${tail.map((line) => `    ${redact(line)}`).join("\n")}`);
  const retryable = !(error instanceof LaglineError) || error.hint === undefined;
  if (retryable) run.print(`to try again: ${run.retryCommand}`);
}

function lastLines(text: string, count: number): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}
