/**
 * SIGHUP: the collector goes on with the configuration as it is in the file now. It ends its cycle, closes the spool and
 * starts again in the same process, so the queue, the history and the schedule stay. What cannot be used is said, and the
 * old configuration stays.
 */
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "../config/schema.ts";
import { LaglineError, describeError } from "../model/errors.ts";

/** Exit code of the process, or that it ended only to begin anew. */
export type RunResult = number | "reload";

export type ReloadOptions = {
  /** Reads the file again. @throws LaglineError when it is not valid. */
  readonly read: () => Config;
  readonly run: (config: Config, reloadRequested: AbortSignal) => Promise<RunResult>;
  readonly say: ReloadLog;
};

export type ReloadLog = {
  readonly info: (code: string, sentence: string) => void;
  readonly error: (code: string, sentence: string) => void;
};

/** @returns the exit code. @throws what the first run throws. */
export async function runReloading(first: Config, options: ReloadOptions): Promise<number> {
  let config = first;
  let previous: Config | undefined;
  for (;;) {
    const request = watch(config, options);
    try {
      const result = await options.run(config, request.signal);
      if (result !== "reload" || request.next === undefined) return result === "reload" ? 0 : result;
      previous = config;
      config = request.next;
    } catch (error) {
      if (previous === undefined) throw error;
      options.say.error(
        "LAGLINE_COLLECT_RELOAD_FAILED",
        `The collector could not start with the new configuration and goes back to the old one: ${describeError(error)}`,
      );
      config = previous;
      previous = undefined;
    } finally {
      request.end();
    }
  }
}

type Request = { readonly signal: AbortSignal; readonly next: Config | undefined; readonly end: () => void };

function watch(config: Config, { read, say }: ReloadOptions): Request {
  const controller = new AbortController();
  let next: Config | undefined;
  const onHangUp = (): void => {
    try {
      const found = read();
      refuseOtherSpool(config, found);
      if (isDeepStrictEqual(found, config)) {
        say.info("LAGLINE_COLLECT_RELOAD_UNCHANGED", "SIGHUP: the configuration is the same as before.");
        return;
      }
      next = found;
      say.info("LAGLINE_COLLECT_RELOAD", "SIGHUP: the collector starts again with the new configuration.");
      controller.abort();
    } catch (error) {
      say.error(
        "LAGLINE_COLLECT_RELOAD_REFUSED",
        `SIGHUP: the new configuration cannot be used, the old one stays: ${describeError(error)}`,
      );
    }
  };
  process.on("SIGHUP", onHangUp);
  return {
    signal: controller.signal,
    get next() {
      return next;
    },
    end: () => void process.off("SIGHUP", onHangUp),
  };
}

function refuseOtherSpool(now: Config, then: Config): void {
  const [from, to] = [now.collector.spool_directory, then.collector.spool_directory];
  if (from === to) return;
  throw new LaglineError({
    code: "LAGLINE_COLLECT_RELOAD_SPOOL",
    message: `collector.spool_directory cannot move from ${from} to ${to} while the collector runs: documents may wait in it.`,
    hint: "Stop the collector, move the folder, and start it again.",
  });
}
