/**
 * Burrow's answers as zod schemas (Burrow 1.9.6, protocol/evaluator.go and httpserver). Objects are loose, so that a
 * newer Burrow may add keys. Lists are `unknown[]` and their entries are checked one by one: a bad partition costs
 * itself, never its group. `z.int()` refuses numbers above 2^53 − 1, which JSON.parse has already rounded.
 */
import { z } from "zod";

/** What every JSON body carries around its payload. */
export const envelope = z.object({
  error: z.boolean().optional(),
  message: z.string().optional(),
  request: z.object({ url: z.string().optional(), host: z.string().optional() }).optional(),
});
export type Envelope = z.output<typeof envelope>;

export const clusterList = z.object({ clusters: z.array(z.string()).nullable() });
export const topicList = z.object({ topics: z.array(z.unknown()).nullable() });
export const groupList = z.object({ consumers: z.array(z.unknown()).nullable() });
export const topicOffsets = z.object({ offsets: z.array(z.unknown()).nullable() });

export const clusterDetail = z.object({
  module: z.object({ "offset-refresh": z.number().positive().optional() }),
});
export const moduleList = z.object({ modules: z.array(z.string()).nullable() });
export const consumerModule = z.object({ module: z.object({ cluster: z.string() }) });

/** `/status` of Burrow's own group: only the sum is read. */
export const selfStatus = z.object({ status: z.object({ totallag: z.int().min(0) }) });

/** Share of a filled window or of whole partitions; the API of old was a boolean. */
const completeness = z.union([z.number().min(0).max(1), z.boolean()]);

/** `/lag` of a group. The totals are checked by hand, because a bad total can be summed again from the partitions. */
export const groupStatus = z.object({
  status: z.object({
    group: z.string(),
    status: z.string(),
    complete: completeness,
    partitions: z.array(z.unknown()).nullable(),
    partition_count: z.number().optional(),
    totallag: z.number().optional(),
    // Read by hand: a bad one must not cost the group.
    maxlag: z.unknown().optional(),
  }),
});
export type RawGroup = z.output<typeof groupStatus>["status"];

const commit = z.object({
  // Clients may commit -1; nothing is below.
  offset: z.int().min(-1),
  // Not z.int(): Burrow mis-decodes commits with 127 or more bytes of metadata and sends times above 2^53, while the
  // offset is right. The decoder says what then becomes of the time.
  timestamp: z.number(),
  observedAt: z.number().nullish(),
  lag: z.int().min(0).nullish(),
});
export type RawCommit = z.output<typeof commit>;

/** One entry of a group's partitions. Loose, as all of them. */
export const partitionSchema = z.object({
  topic: z.string(),
  partition: z.int().min(0).max(2_147_483_647),
  owner: z.string().nullish(),
  client_id: z.string().nullish(),
  status: z.string(),
  start: commit.nullish(),
  end: commit.nullish(),
  current_lag: z.int().min(0),
  complete: completeness,
});
export type RawPartition = z.output<typeof partitionSchema>;

/** Nearly all entries are plainly right and need no copy; the schema has the last word, and the reasons, about the others. */
export function readPartition(entry: unknown): z.ZodSafeParseResult<RawPartition> {
  return isPlainPartition(entry) ? { success: true, data: entry } : partitionSchema.safeParse(entry);
}

/** True only for what the schema takes as well: it would copy three objects for each partition of each tick. */
function isPlainPartition(value: unknown): value is RawPartition {
  if (!isRecord(value)) return false;
  const {
    topic,
    partition: number,
    owner,
    client_id: clientId,
    status,
    start,
    end,
    current_lag: lag,
  } = value;
  return (
    typeof topic === "string" &&
    isCount(number) &&
    number <= 2_147_483_647 &&
    isText(owner) &&
    isText(clientId) &&
    typeof status === "string" &&
    isPlainCommit(start) &&
    isPlainCommit(end) &&
    isCount(lag) &&
    isShare(value["complete"])
  );
}

function isPlainCommit(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (!isRecord(value)) return false;
  const { offset, timestamp, observedAt, lag } = value;
  return (
    (isCount(offset) || offset === -1) &&
    Number.isFinite(timestamp) &&
    (observedAt === null || observedAt === undefined || Number.isFinite(observedAt)) &&
    (lag === null || lag === undefined || isCount(lag))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return value === null || value === undefined || typeof value === "string";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isShare(value: unknown): boolean {
  return typeof value === "boolean" || (typeof value === "number" && value >= 0 && value <= 1);
}

/** First problems of a failed parse, without the values: path and reason. */
export function describeIssues(error: z.ZodError): string {
  const shown = error.issues.slice(0, 3).map((issue) => {
    const path = issue.path.length === 0 ? "the body" : issue.path.map(String).join(".");
    return `${path}: ${issue.message}`;
  });
  const more = error.issues.length - shown.length;
  return more > 0 ? `${shown.join("; ")}; and ${more} more` : shown.join("; ");
}

/** True when a number beyond 2^53 − 1 is among the reasons. */
export function isTooLarge(error: z.ZodError): boolean {
  return error.issues.some(
    (issue) =>
      issue.code === "too_big" && issue.origin === "int" && issue.maximum === Number.MAX_SAFE_INTEGER,
  );
}
