/** `lagline annotate`: marks a deployment on the pages of the groups it touches. */
import type { DocumentsIndex } from "../../config/documents-index.ts";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { bulkTarget } from "../../collectors/elasticsearch/destination.ts";
import type { Deployment } from "./events.ts";
import { deploymentEvents } from "./events.ts";
import { MAXIMUM_GROUPS, groupsNamed, withEventConnections } from "./groups-named.ts";
import type { EventConnections } from "./groups-named.ts";
import { storeEvents } from "./store.ts";

export type AnnotateOptions = Omit<Deployment, "groups" | "nowMs"> & {
  readonly groups: readonly string[];
  readonly json: boolean;
  readonly now?: () => number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
};

const LOOK_BACK_MS = 24 * 3_600_000;

/** @throws LaglineError `LAGLINE_ANNOTATE_NO_GROUP`, `LAGLINE_ANNOTATE_TOO_MANY`, `LAGLINE_ANNOTATE_FAILED`. */
export async function runAnnotate(config: Config, options: AnnotateOptions): Promise<void> {
  await withEventConnections(config, "collector", (connections, index) =>
    annotateOver(connections, index, options),
  );
}

/** The same over any connections, for tests. */
export async function annotateOver(
  { reader, writer }: EventConnections,
  index: DocumentsIndex,
  options: AnnotateOptions,
): Promise<void> {
  const nowMs = (options.now ?? Date.now)();
  const groups = await groupsNamed(reader, index, { ...options, fromMs: nowMs - LOOK_BACK_MS });
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
  if (count > MAXIMUM_GROUPS) {
    throw new LaglineError({
      code: "LAGLINE_ANNOTATE_TOO_MANY",
      message: `${count} groups of ${cluster} match ${groups.join(", ")}; at most ${MAXIMUM_GROUPS} are marked at once.`,
      hint: "Use a narrower --group.",
    });
  }
}
