/** Turns the client library's nested errors into one sentence, and says whether the same call may succeed later. */
import { LaglineError } from "../../model/errors.ts";

/** Protocol errors that pass by themselves: leaders move, coordinators load, members rejoin. */
const PASSING = new Set([
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_OR_FOLLOWER",
  "COORDINATOR_LOAD_IN_PROGRESS",
  "COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR",
  "NOT_CONTROLLER",
  "REQUEST_TIMED_OUT",
  "NETWORK_EXCEPTION",
  "BROKER_NOT_AVAILABLE",
  "UNKNOWN_TOPIC_OR_PARTITION",
]);

/** One reason found at the bottom of an error: its stable id (protocol name or system code) and its text. */
export type KafkaReason = { readonly id: string | undefined; readonly text: string };

/**
 * The reasons at the bottom of an error, without repeats. The library nests errors in `errors` and `cause`; the outer
 * texts ("listOffsets failed 1 times.") say nothing to a person.
 */
export function kafkaReasons(error: unknown): readonly KafkaReason[] {
  const found = new Map<string, KafkaReason>();
  collect(error, found, 0);
  return [...found.values()];
}

function collect(error: unknown, found: Map<string, KafkaReason>, depth: number): void {
  // Deeper than any chain the library builds; guards against an error that is its own cause.
  if (depth > 8) return;
  const inner = innerErrors(error);
  if (inner.length > 0) {
    for (const each of inner) collect(each, found, depth + 1);
    return;
  }
  const id = stringProperty(error, "apiId") ?? systemCode(error);
  // What the broker itself wrote says more than the general text of the code.
  const general = error instanceof Error ? error.message : String(error);
  const text = oneLine(stringProperty(error, "serverErrorMessage") ?? general);
  found.set(`${id ?? ""}${text}`, { id, text });
}

function innerErrors(error: unknown): readonly unknown[] {
  if (!(error instanceof Error)) return [];
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors;
  return error.cause instanceof Error ? [error.cause] : [];
}

function stringProperty(error: unknown, name: string): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : undefined;
}

/** ECONNREFUSED and friends; the library's own PLT_KFK codes are not reasons. */
function systemCode(error: unknown): string | undefined {
  const code = stringProperty(error, "code");
  return code === undefined || code.startsWith("PLT_KFK_") ? undefined : code;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** True when a reason has this protocol id, for example `OFFSET_OUT_OF_RANGE`. */
export function hasReason(error: unknown, id: string): boolean {
  return kafkaReasons(error).some((reason) => reason.id === id);
}

/** True when every reason passes by itself, so that the same call may succeed later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof LaglineError) return error.retryable;
  return kafkaReasons(error).every(
    ({ id, text }) =>
      (id !== undefined && (PASSING.has(id) || /^E[A-Z]+$/.test(id))) ||
      /connect|closed|timed? ?out|network/i.test(text),
  );
}

/** The reasons as text for one sentence, without a full stop, at most `limit` of them. */
export function kafkaReasonText(error: unknown, limit = 2): string {
  const texts = kafkaReasons(error).map(({ id, text }) =>
    id === undefined || text.includes(id) ? text.replace(/\.$/, "") : `${text.replace(/\.$/, "")} (${id})`,
  );
  return texts.slice(0, limit).join("; ") || "unknown reason";
}
