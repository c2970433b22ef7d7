/** What `annotate`, `mute` and `unmute` share: their connections, and the groups that globs name. */
import { type DocumentsIndex, documentsIndex, readableIndex } from "../../config/documents-index.ts";
import type { Config } from "../../config/schema.ts";
import type { ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { readGroupsSeen } from "../policy/groups-seen.ts";
import { nameFilter } from "../search/globs.ts";
import { openElasticsearch, searchOver } from "../search/search.ts";

/** More groups than this are a glob that matches too much. */
export const MAXIMUM_GROUPS = 1000;

export type EventConnections = {
  /** May search. */
  readonly reader: Pick<ElasticsearchHttp, "request">;
  /** May add documents or, as the operator, take them back. */
  readonly writer: Pick<ElasticsearchHttp, "request">;
};

/** The cluster, and the globs of its groups. */
export type Who = { readonly cluster: string; readonly groups: readonly string[] };

/** Opens both connections for as long as they are used. @throws LaglineError as `openElasticsearch` does. */
export async function withEventConnections(
  config: Config,
  user: "collector" | "operator",
  use: (connections: EventConnections, index: DocumentsIndex) => Promise<void>,
): Promise<void> {
  readableIndex(config);
  const reader = await openElasticsearch(config);
  const writer = await openElasticsearch(config, user);
  try {
    await use({ reader, writer }, documentsIndex(config));
  } finally {
    await Promise.all([reader.close(), writer.close()]);
  }
}

/** Groups of the cluster with documents since then whose names match. */
export async function groupsNamed(
  reader: EventConnections["reader"],
  index: DocumentsIndex,
  { cluster, groups, fromMs, signal }: Who & { readonly fromMs: number; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const seen = await readGroupsSeen(searchOver(reader, index.search), { fromMs, signal });
  const matches = nameFilter(groups);
  return seen.filter((each) => each.cluster === cluster && matches(each.group)).map(({ group }) => group);
}
