/**
 * What an answer of Elasticsearch means for one document. Decided by `error.type` first and the status second, because
 * one status stands for several things. Pure. Not understood always means: send it again.
 */

/** Why a document is sent again; bounded, a label for counters. */
export const RETRY_REASONS = [
  "busy",
  "unavailable",
  "set_up",
  "too_new",
  "unknown_answer",
  "unreachable",
  "not_sent",
] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

export type Outcome =
  | { readonly kind: "stored" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "retry"; readonly reason: RetryReason; readonly status: number; readonly detail: string }
  | { readonly kind: "dead"; readonly errorType: string; readonly reason: string; readonly status: number };

export type ItemAnswer = {
  readonly status: number;
  readonly errorType: string;
  readonly reason: string;
  /** `used` or `failed` where the stream has a failure store. */
  readonly failureStore: string;
};

export type ItemContext = {
  /** Time of the document (epoch ms): the batch's largest timestamp will do. */
  readonly timestampMs: number;
  readonly nowMs: number;
  /** How often the batch was sent before. */
  readonly attempts: number;
};

/** After this many tries a refusal that is not in the table no longer holds up its batch. */
export const UNKNOWN_REFUSAL_ATTEMPTS = 5;

/**
 * A write block (FORBIDDEN/8) on the index of a document this old is taken for lasting: downsampling and shrinking
 * leave one behind. On younger ones it is somebody's maintenance.
 */
export const LASTING_BLOCK_AGE_MS = 24 * 3_600_000;

export function classifyItem(item: ItemAnswer, context: ItemContext): Outcome {
  const { status } = item;
  if (status === 200 || status === 201) return classifySuccess(item);
  if (item.errorType === "version_conflict_engine_exception") return { kind: "duplicate" };
  if (item.errorType === "cluster_block_exception") return classifyBlock(item, context);
  if (status === 429 || BUSY.has(item.errorType)) return retry("busy", item);
  if (status >= 500 || UNAVAILABLE.has(item.errorType)) return retry("unavailable", item);
  if (status === 401 || status === 403 || SET_UP.has(item.errorType)) return retry("set_up", item);
  if (isTimestampRefusal(item)) return classifyTimestamp(item);
  if (status === 404) return retry("set_up", item);
  if (status === 400 && item.errorType !== "") return dead(item);
  if (status >= 400 && context.attempts >= UNKNOWN_REFUSAL_ATTEMPTS) return dead(item);
  return retry("unknown_answer", item);
}

/** Meaning of an HTTP status other than 2xx for the whole request. */
export type RequestVerdict =
  | { readonly kind: "retry"; readonly reason: RetryReason }
  /** Too large: send in two parts. */
  | { readonly kind: "split" }
  /** One document spoils the request: find it. */
  | { readonly kind: "bisect" };

export function classifyRequest(status: number, errorType: string, reason: string): RequestVerdict {
  if (status === 413) return { kind: "split" };
  if (status === 429 || BUSY.has(errorType)) return { kind: "retry", reason: "busy" };
  if (status >= 500) return { kind: "retry", reason: "unavailable" };
  if ([401, 403, 404, 405, 406, 415].includes(status) || SET_UP.has(errorType)) {
    return { kind: "retry", reason: "set_up" };
  }
  if (status === 400 && reason.includes("unrecognized parameter")) return { kind: "retry", reason: "set_up" };
  return status === 400 ? { kind: "bisect" } : { kind: "retry", reason: "unknown_answer" };
}

const BUSY: ReadonlySet<string> = new Set(["es_rejected_execution_exception", "circuit_breaking_exception"]);

const UNAVAILABLE: ReadonlySet<string> = new Set([
  "unavailable_shards_exception",
  "master_not_discovered_exception",
  "process_cluster_event_timeout_exception",
  "no_shard_available_action_exception",
  "node_closed_exception",
  "timeout_exception",
]);

/** A person has to change something; the documents are fine. */
const SET_UP: ReadonlySet<string> = new Set([
  "security_exception",
  "index_not_found_exception",
  "index_closed_exception",
  "media_type_header_exception",
  "invalid_index_name_exception",
]);

/** One for all: there is one per document of every batch. */
const STORED: Outcome = { kind: "stored" };

function classifySuccess(item: ItemAnswer): Outcome {
  if (item.failureStore !== "used" && item.failureStore !== "failed") return STORED;
  const reason = `Elasticsearch put the document aside into its failure store (${item.failureStore}).`;
  return { kind: "dead", errorType: "failure_store", reason, status: item.status };
}

function classifyBlock(item: ItemAnswer, context: ItemContext): Outcome {
  // Flood stage, released by Elasticsearch itself when the disk has room again.
  if (item.status === 429 || item.reason.includes("/12/")) return retry("busy", item);
  const lasting = item.reason.includes("/8/") && context.nowMs - context.timestampMs > LASTING_BLOCK_AGE_MS;
  return lasting ? dead(item) : retry("set_up", item);
}

const OUTSIDE = /outside of ranges of currently writable indices/;
/** Sent by older versions and for writes that name a backing index. */
const AGAINST_ONE_INDEX = /@timestamp.*must be (larger|smaller) than/;

/** By its text: type `timestamp_error` also stands for a document without a readable `@timestamp`. */
function isTimestampRefusal(item: ItemAnswer): boolean {
  return item.status === 400 && (OUTSIDE.test(item.reason) || AGAINST_ONE_INDEX.test(item.reason));
}

/** Too new: the index for it is about to be opened. Too old: its index is gone for good. */
function classifyTimestamp(item: ItemAnswer): Outcome {
  const single = AGAINST_ONE_INDEX.exec(item.reason);
  if (single !== null) return single[1] === "smaller" ? retry("too_new", item) : dead(item);
  const times = [...item.reason.matchAll(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g)].map(([text]) => Date.parse(text));
  const [timestamp, ...bounds] = times;
  if (timestamp === undefined || bounds.length === 0) return retry("too_new", item);
  return timestamp >= Math.max(...bounds) ? retry("too_new", item) : dead(item);
}

function retry(reason: RetryReason, item: ItemAnswer): Outcome {
  return { kind: "retry", reason, status: item.status, detail: `${item.errorType}: ${item.reason}` };
}

function dead(item: ItemAnswer): Outcome {
  const errorType = item.errorType === "" ? `status_${item.status}` : item.errorType;
  return { kind: "dead", errorType, reason: item.reason, status: item.status };
}
