/** Opens when a server stops answering in the middle of a scrape, so that 2000 groups do not cost 2000 timeouts. */
import type { ScrapeProblem } from "../../model/snapshot.ts";
import { showName } from "./names.ts";

export interface Breaker {
  /** True once the server is taken for gone. */
  readonly isOpen: boolean;
  /** Takes note of the outcome of one request; null for an answer. */
  note(problem: ScrapeProblem | null): void;
  /** Why this subject is not asked for; null while requests may be sent. */
  reasonAgainst(scope: ScrapeProblem["scope"], name: string): ScrapeProblem | null;
}

/** After this many failed connections or timeouts in a row the server is taken for gone. */
const GIVE_UP_AFTER = 24;

export function createBreaker(): Breaker {
  let failures = 0;
  let last: ScrapeProblem | null = null;
  return {
    get isOpen() {
      return failures >= GIVE_UP_AFTER;
    },
    note(problem) {
      const isGone = problem !== null && (problem.kind === "connect" || problem.kind === "timeout");
      failures = isGone ? failures + 1 : 0;
      last = isGone ? problem : last;
    },
    reasonAgainst(scope, name) {
      if (failures < GIVE_UP_AFTER || last === null) {
        return null;
      }
      const detail = `${scope} ${showName(name)} was not asked for, because ${failures} requests in a row failed. The last: ${last.detail}`;
      return { kind: last.kind, scope, name, detail };
    },
  };
}
