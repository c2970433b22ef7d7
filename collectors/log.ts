/** JSON logs on stderr, so that stdout stays free for `--print`; and a limit for lines that repeat. */
import { type Logger, pino } from "pino";
import { safeLine } from "./log-lines.ts";

export type { Logger } from "pino";

export type LogOptions = {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly cluster: string;
  /** Name of the collector, so that lines of two collectors of one cluster can be told apart. */
  readonly collector?: string;
};

export function createLogger(options: LogOptions): Logger {
  const destination = pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level: options.level,
      base: {
        cluster: options.cluster,
        ...(options.collector === undefined ? {} : { collector: options.collector }),
      },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: "message",
    },
    // Synchronous: lines before a crash are the ones that matter, and there are few.
    { write: (line) => void destination.write(safeLine(line)) },
  );
}

export interface RepeatLimiter {
  /** True when the line may be written; `suppressed` says how many like it were not, since the last one. */
  admit(key: string): { readonly write: boolean; readonly suppressed: number };
}

/** More kinds of lines than this are not told apart. */
const MAXIMUM_KEYS = 1000;

export type RepeatLimit = {
  readonly periodMs: number;
  /** Lines of one key per period. @default 1 */
  readonly lines?: number;
  readonly now: () => number;
};

/**
 * Lets so many lines per key and period through. Keys are kinds, not names, so that 500 broken groups make one line. A
 * period begins with its first line.
 */
export function createRepeatLimiter({ periodMs, lines = 1, now }: RepeatLimit): RepeatLimiter {
  const seen = new Map<string, { untilMs: number; written: number; suppressed: number }>();
  return {
    admit(key) {
      const nowMs = now();
      const known = seen.get(key);
      // A clock that was set back must not silence a line for as long as it went back.
      if (known !== undefined && nowMs < known.untilMs && known.untilMs - nowMs <= periodMs) {
        if (known.written < lines) {
          known.written += 1;
          return { write: true, suppressed: 0 };
        }
        known.suppressed += 1;
        return { write: false, suppressed: known.suppressed };
      }
      if (seen.size >= MAXIMUM_KEYS) {
        seen.clear();
      }
      seen.set(key, { untilMs: nowMs + periodMs, written: 1, suppressed: 0 });
      return { write: true, suppressed: known?.suppressed ?? 0 };
    },
  };
}
