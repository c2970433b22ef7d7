/** `lagline annotate`: marks a deployment on the pages of the groups it touches. */
import { type DocumentsIndex, documentsIndex, readableIndex } from "../../config/documents-index.ts";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import type { ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { bulkTarget } from "../../collectors/elasticsearch/destination.ts";
import { readGroupsSeen } from "../policy/groups-seen.ts";
import { nameFilter } from "../search/globs.ts";
import { openElasticsearch, searchOver } from "../search/search.ts";
import type { Deployment } from "./events.ts";
import { deploymentEvents } from "./events.ts";
import { storeEvents } from "./store.ts";

export type AnnotateOptions = Omit<Deployment, "groups" | "nowMs"> & {
  readonly groups: readonly string[];
  readonly json: boolean;
  readonly now?: () => number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
};

const LOOK_BACK_MS = 24 * 3_600_000;
/** More groups than this are a glob that matches too much. */
const MAX_GROUPS = 1000;

/** @throws LaglineError `LAGLINE_ANNOTATE_NO_GROUP`, `LAGLINE_ANNOTATE_TOO_MANY`, `LAGLINE_ANNOTATE_FAILED`. */
export async function runAnnotate(config: Config, options: AnnotateOptions): Promise<void> {
  readableIndex(config);
  const reader = await openElasticsearch(config);
  const writer = await openElasticsearch(config, "collector");
  try {
    await annotateOver({ reader, writer }, documentsIndex(config), options);
  } finally {
    await Promise.all([reader.close(), writer.close()]);
  }
}

export type AnnotateConnections = {
  /** May search. */
  readonly reader: Pick<ElasticsearchHttp, "request">;
  /** May add documents. */
  readonly writer: Pick<ElasticsearchHttp, "request">;
};

/** The same over any connections, for tests. */
export async function annotateOver(
  { reader, writer }: AnnotateConnections,
  index: DocumentsIndex,
  options: AnnotateOptions,
): Promise<void> {
  const nowMs = (options.now ?? Date.now)();
  const seen = await readGroupsSeen(searchOver(reader, index.search), {
    fromMs: nowMs - LOOK_BACK_MS,
    signal: options.signal,
  });
  const matches = nameFilter(options.groups);
  const groups = seen
    .filter(({ cluster, group }) => cluster === options.cluster && matches(group))
    .map(({ group }) => group);
  check(groups.length, options);
  const events = deploymentEvents({ ...options, groups, nowMs });
  await storeEvents(writer, events, { target: bulkTarget(index), signal: options.signal });
  const until = events[0]?.event_until ?? "";
  options.print(
    options.json
      ? JSON.stringify({ cluster: options.cluster, groups, kind: options.kind, until })
      : `Marked ${groups.length === 1 ? groups[0] : `${groups.length} groups`} of ${options.cluster} until ${until}.`,
  );
}

function check(count: number, { cluster, groups }: AnnotateOptions): void {
  if (count === 0) {
    throw new LaglineError({
      code: "LAGLINE_ANNOTATE_NO_GROUP",
      message: `No group of ${cluster} with documents of the last day matches ${groups.join(", ")}.`,
      hint: "`lagline top --once` lists the groups there are.",
    });
  }
  if (count > MAX_GROUPS) {
    throw new LaglineError({
      code: "LAGLINE_ANNOTATE_TOO_MANY",
      message: `${count} groups of ${cluster} match ${groups.join(", ")}; at most ${MAX_GROUPS} are marked at once.`,
      hint: "Use a narrower --group.",
    });
  }
}
