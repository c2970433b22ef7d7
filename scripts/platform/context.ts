/** What every part of the platform needs: how to tell, when to stop, where to write. */
import { join } from "node:path";
import { cacheDirectory, type Environment, findRepositoryRoot } from "./paths.ts";
import { createProgress, type Log, type Progress } from "./progress.ts";

export type PlatformOptions = {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Shared by callers that print one timeline for several parts. @default a timeline of its own */
  readonly progress?: Progress;
  /** What a failed step tells the person to type. @default "scripts/up" */
  readonly retryCommand?: string;
  /** @default process.env */
  readonly environment?: Environment;
};

export type PlatformContext = {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly root: string;
  readonly cache: string;
  readonly environment: Environment;
  /** Runs one apt or dpkg at a time: they share locks. */
  readonly aptLane: Lane;
  /** Runs one Maven at a time: its local repository has no locks. */
  readonly mavenLane: Lane;
};

export type Lane = <T>(task: () => Promise<T>) => Promise<T>;

export function createContext(options: PlatformOptions): PlatformContext {
  const root = findRepositoryRoot();
  const environment = options.environment ?? process.env;
  const progress =
    options.progress?.withSignal(options.signal) ??
    createProgress({
      log: options.log,
      signal: options.signal,
      logFolder: join(root, "var", "log"),
      retryCommand: options.retryCommand ?? "scripts/up",
    });
  return {
    progress,
    signal: options.signal,
    root,
    cache: cacheDirectory(environment),
    environment,
    aptLane: createLane(),
    mavenLane: createLane(),
  };
}

/** Tasks given to one lane run one after the other, in order; a failed task does not stop the next. */
export function createLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return async (task) => {
    const run = last.then(task);
    last = run.catch(() => undefined);
    return run;
  };
}
