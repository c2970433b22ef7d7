/** `lagline mute` and `lagline unmute`: alerts of groups are silent until a moment, and somebody said why. */
import { z } from "zod";
import { muteEvents } from "./events.ts";
import type { Mute } from "./events.ts";
import type { Config } from "../../config/schema.ts";
import { bulkTarget } from "../../collectors/elasticsearch/destination.ts";
import type { DocumentsIndex } from "../../config/documents-index.ts";
import { LaglineError, describeError } from "../../model/errors.ts";
import { MAXIMUM_GROUPS, groupsNamed, withEventConnections } from "../annotate/groups-named.ts";
import type { EventConnections, Who } from "../annotate/groups-named.ts";
import { storeEvents } from "../annotate/store.ts";
import { nameFilter } from "../search/globs.ts";

type Common = Who & {
  readonly json: boolean;
  readonly now?: () => number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
};
export type MuteOptions = Common & Pick<Mute, "minutes" | "reason">;

const LOOK_BACK_MS = 7 * 86_400_000;
/** Rules look back for seven days: a longer mute would end by itself, and nobody would know when. */
export const MAXIMUM_MINUTES = 7 * 24 * 60;
const TIMEOUT_MS = 10_000;

/** @throws LaglineError `LAGLINE_MUTE_NO_GROUP`, `LAGLINE_USAGE_MUTE`, `LAGLINE_ANNOTATE_FAILED`. */
export async function runMute(config: Config, options: MuteOptions): Promise<void> {
  await withEventConnections(config, "collector", (connections, index) =>
    muteOver(connections, index, options),
  );
}

/** Takes mutes back; deployments stay. @throws LaglineError `LAGLINE_UNMUTE_FAILED` */
export async function runUnmute(config: Config, options: Common): Promise<void> {
  // The collector may only add.
  await withEventConnections(config, "operator", (connections, index) =>
    unmuteOver(connections, index, options),
  );
}

/** The same over any connection, for tests. */
export async function muteOver(
  { reader, writer }: EventConnections,
  index: DocumentsIndex,
  options: MuteOptions,
): Promise<void> {
  if (options.minutes > MAXIMUM_MINUTES) {
    throw new LaglineError({
      code: "LAGLINE_USAGE_MUTE",
      message: `--minutes must be at most ${MAXIMUM_MINUTES} (seven days), got ${options.minutes}.`,
      hint: "For good: a policy with `expected_idle`, or one with `mute_windows`.",
    });
  }
  const nowMs = (options.now ?? Date.now)();
  const groups = await groupsNamed(reader, index, { ...options, fromMs: nowMs - LOOK_BACK_MS });
  check(groups.length, options);
  const events = muteEvents({ ...options, groups, nowMs });
  await storeEvents(writer, events, { target: bulkTarget(index), signal: options.signal });
  const until = events[0]?.event_until ?? "";
  const who = groups.length === 1 ? groups[0] : `${groups.length} groups`;
  options.print(
    options.json
      ? JSON.stringify({ cluster: options.cluster, groups, until })
      : `Muted ${who} of ${options.cluster} until ${until}. \`lagline unmute\` takes it back.`,
  );
}

const hitsSchema = z.object({
  hits: z.object({
    hits: z.array(
      z.object({ _index: z.string(), _id: z.string(), _source: z.object({ group: z.string() }) }),
    ),
  }),
});
const bulkSchema = z.object({ errors: z.boolean() });

export async function unmuteOver(
  { reader, writer }: EventConnections,
  index: DocumentsIndex,
  options: Common,
): Promise<void> {
  const nowMs = (options.now ?? Date.now)();
  const answer = await reader.request({
    method: "POST",
    path: `/${encodeURIComponent(index.search)}/_search`,
    query: { ignore_unavailable: true },
    json: {
      size: 10_000,
      _source: ["group"],
      query: {
        bool: {
          filter: [
            { term: { record: "event" } },
            { term: { event_kind: "mute" } },
            { term: { cluster: options.cluster } },
            { range: { event_until: { gt: nowMs, format: "epoch_millis" } } },
          ],
        },
      },
    },
    timeoutMs: TIMEOUT_MS,
    signal: options.signal,
  });
  const parsed = hitsSchema.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) throw notTaken(`HTTP ${answer.status} to the search`);
  const matches = nameFilter(options.groups);
  const found = parsed.data.hits.hits.filter(({ _source: source }) => matches(source.group));
  // By the index of each hit: a data stream itself takes no deletion by id.
  if (found.length > 0) await remove(writer, found, options.signal);
  const groups = [...new Set(found.map(({ _source: source }) => source.group))].toSorted();
  options.print(
    options.json
      ? JSON.stringify({ cluster: options.cluster, groups })
      : groups.length === 0
        ? `Nothing was muted in ${options.cluster} that matches ${options.groups.join(", ")}.`
        : `No longer muted in ${options.cluster}: ${groups.join(", ")}.`,
  );
}

type Hit = z.output<typeof hitsSchema>["hits"]["hits"][number];

async function remove(
  http: EventConnections["writer"],
  hits: readonly Hit[],
  signal: AbortSignal,
): Promise<void> {
  const lines = hits.map(({ _index, _id }) => `${JSON.stringify({ delete: { _index, _id } })}\n`);
  try {
    const { status, body } = await http.request({
      method: "POST",
      path: "/_bulk",
      query: { refresh: true },
      ndjson: Buffer.from(lines.join("")),
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    const parsed = bulkSchema.safeParse(body);
    if (status !== 200 || !parsed.success || parsed.data.errors) {
      throw notTaken(`HTTP ${status}: ${JSON.stringify(body).slice(0, 200)}`);
    }
  } catch (error) {
    throw error instanceof LaglineError ? error : notTaken(describeError(error), error);
  }
}

function check(count: number, { cluster, groups }: Who): void {
  if (count === 0) {
    throw new LaglineError({
      code: "LAGLINE_MUTE_NO_GROUP",
      message: `No group of ${cluster} with documents of the last week matches ${groups.join(", ")}.`,
      hint: "`lagline top --once` lists the groups there are.",
    });
  }
  if (count > MAXIMUM_GROUPS) {
    throw new LaglineError({
      code: "LAGLINE_USAGE_MUTE",
      message: `${count} groups of ${cluster} match ${groups.join(", ")}; at most ${MAXIMUM_GROUPS} are muted at once.`,
      hint: "Use a narrower --group; a whole cluster is silenced in Grafana, by its label.",
    });
  }
}

function notTaken(detail: string, cause?: unknown): LaglineError {
  return new LaglineError({
    code: "LAGLINE_UNMUTE_FAILED",
    message: `The mutes could not be taken back: ${detail.replace(/\.$/, "")}.`,
    hint: "It needs the right to delete documents; without it a mute ends by itself.",
    cause,
  });
}
