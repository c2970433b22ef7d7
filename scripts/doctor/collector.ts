/** Looks at a collector by what it says of itself: its container, its readiness, and the record of its last cycle. */
import { z } from "zod";
import type { FieldName } from "../../model/fields.ts";
import { LAGLINE_VERSION } from "../../stacks/versions.ts";
import type { OwnContainer } from "../deploy/docker.ts";
import type { Search } from "../search/search.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, skipped, warning } from "./finding.ts";
import type { Reply } from "./http.ts";
import { jsonOf } from "./http.ts";

/** The engine gives a container up whose network belongs to one that did not run at that moment. */
const NO_NAMESPACE = "cannot join network of a non running container";

/** A container of this environment that should run. */
export function judgeContainer(name: string, container: OwnContainer | undefined): Observation {
  const check = "container";
  if (container === undefined) {
    return broken(check, `There is no container ${name} on this Docker engine.`, "Deploy: scripts/up.");
  }
  if (container.state !== "running") {
    const { state, exitCode, error = "" } = container;
    const reason = error === "" ? "" : `, and Docker could not start it: ${error}`;
    return broken(
      check,
      `The container ${name} is ${state} (exit code ${exitCode})${reason}.`,
      error.startsWith(NO_NAMESPACE)
        ? "scripts/up starts it again. With `collector.sidecar_mode: shared-network` it would have stayed."
        : `Read its last lines: docker logs --tail 20 ${name}; then scripts/up.`,
    );
  }
  if (container.health === "unhealthy") {
    return broken(
      check,
      `The container ${name} runs, but its health check fails.`,
      `Read its last lines: docker logs --tail 20 ${name}.`,
    );
  }
  return ok(check, `${name} runs${container.health === "" ? "" : ` and is ${container.health}`}.`);
}

const readiness = z.object({ ok: z.boolean(), reasons: z.array(z.string()) });

/** Whose /readyz it is, and what to do about its reasons. */
export type ReadinessSubject = {
  readonly who: "collector" | "relay";
  readonly portSetting: string;
  readonly fix: string;
};

const COLLECTOR: ReadinessSubject = {
  who: "collector",
  portSetting: "collector.health_port",
  fix: "The reasons are the collector's own; its log has more.",
};

/** What /readyz answered. */
export function judgeReadiness(reply: Reply, { who, portSetting, fix } = COLLECTOR): Observation {
  if (reply.kind === "none") {
    return broken(
      "readiness",
      `The ${who}'s /readyz does not answer: ${reply.reason}.`,
      "The process hangs or is about to start; look at its log.",
    );
  }
  const parsed = readiness.safeParse(jsonOf(reply.text));
  if (!parsed.success) {
    return broken(
      "readiness",
      `The ${who}'s /readyz answers HTTP ${reply.status} with something else than its state.`,
      `Another program has ${portSetting}; choose a free one.`,
    );
  }
  return parsed.data.ok
    ? ok("readiness", `The ${who} says that it is ready.`)
    : broken("readiness", parsed.data.reasons.join(" "), fix);
}

const recordFields = {
  "@timestamp": z.string(),
  collector: z.string().default("?"),
  collector_version: z.string().optional(),
  burrow_errors: z.number().default(0),
  ticks_skipped: z.number().default(0),
  spool_age_seconds: z.number().default(0),
  documents_dead_lettered: z.number().default(0),
  documents_dropped: z.number().default(0),
} satisfies Partial<Record<FieldName, z.ZodType>>;
const recordSchema = z.object(recordFields);
export type CollectorRecord = z.output<typeof recordSchema>;

const clusterFields = {
  "@timestamp": z.string(),
  suspect: z.number().default(0),
  suspect_reason: z.string().optional(),
  group_count: z.number().default(0),
} satisfies Partial<Record<FieldName, z.ZodType>>;
const clusterSchema = z.object(clusterFields);
export type ClusterRecord = z.output<typeof clusterSchema>;

export type Stored = {
  readonly collector: CollectorRecord | undefined;
  readonly cluster: ClusterRecord | undefined;
};

const LOOK_BACK_MS = 24 * 3_600_000;

/** Newest records of a cluster's collector. @throws LaglineError `LAGLINE_SEARCH_FAILED`. */
export async function readStored(
  search: Search,
  about: { readonly cluster: string; readonly nowMs: number; readonly signal: AbortSignal },
): Promise<Stored> {
  const newest = async (record: string, fields: readonly string[]): Promise<unknown> => {
    const { hits } = await search(
      {
        size: 1,
        _source: fields,
        query: {
          bool: {
            filter: [
              { term: { record } },
              { term: { cluster: about.cluster } },
              { range: { "@timestamp": { gte: about.nowMs - LOOK_BACK_MS, format: "epoch_millis" } } },
            ],
          },
        },
        sort: [{ "@timestamp": { order: "desc" } }],
      },
      about.signal,
    );
    return hits[0]?.source;
  };
  const [collector, cluster] = await Promise.all([
    newest("collector", Object.keys(recordFields)),
    newest("cluster", Object.keys(clusterFields)),
  ]);
  return {
    collector: recordSchema.safeParse(collector).data,
    cluster: clusterSchema.safeParse(cluster).data,
  };
}

/** After this many intervals without a document the chain is cut somewhere. */
const LATE_INTERVALS = 3;

export function judgeStored(
  stored: Stored,
  about: { readonly cluster: string; readonly intervalSeconds: number; readonly nowMs: number },
): readonly Observation[] {
  return [judgeAge(stored.cluster, about), ...judgeTrust(stored.cluster), ...judgeRecord(stored.collector)];
}

function judgeAge(
  record: ClusterRecord | undefined,
  { cluster, intervalSeconds, nowMs }: { cluster: string; intervalSeconds: number; nowMs: number },
): Observation {
  const fix = `Look at the collector's log; \`lagline collect --once --print --cluster ${cluster}\` shows one cycle.`;
  if (record === undefined) {
    return broken("data-age", `No document of cluster ${cluster} in the last 24 hours.`, fix);
  }
  const age = Math.round((nowMs - Date.parse(record["@timestamp"])) / 1000);
  return age <= LATE_INTERVALS * intervalSeconds
    ? ok("data-age", `The newest documents are ${age} s old and tell of ${record.group_count} groups.`)
    : broken(
        "data-age",
        `The newest document is ${age} s old; one should come every ${intervalSeconds} s.`,
        fix,
      );
}

function judgeTrust(record: ClusterRecord | undefined): readonly Observation[] {
  if (record === undefined) return [];
  return record.suspect === 0
    ? [ok("trust", "The data can be trusted by the collector's own judgement.")]
    : [
        warning(
          "trust",
          `The collector calls its data suspect: ${record.suspect_reason ?? "no reason stored"}`,
          "Wait for a few ticks; if it stays, the reason names what to look at.",
        ),
      ];
}

/** A document that waited longer was not taken at the first try. */
const SPOOL_AGE_LIMIT_SECONDS = 120;

function judgeRecord(record: CollectorRecord | undefined): readonly Observation[] {
  if (record === undefined)
    return [skipped("collector-record", "The collector has stored no record of itself.")];
  const of = `collector ${record.collector}`;
  const notes: Observation[] = [];
  const note = (check: string, evidence: string, fix: string): void =>
    void notes.push(warning(check, evidence, fix));
  if (record.collector_version !== undefined && record.collector_version !== LAGLINE_VERSION) {
    note(
      "version",
      `The ${of} is version ${record.collector_version}, this command is ${LAGLINE_VERSION}.`,
      "Deploy again: scripts/up.",
    );
  }
  if (record.burrow_errors > 0) {
    note(
      "burrow-errors",
      `In the last cycle of ${of} ${record.burrow_errors} requests to Burrow failed.`,
      "Its log names each one.",
    );
  }
  if (record.ticks_skipped > 0) {
    note(
      "ticks",
      `The ${of} has skipped ${record.ticks_skipped} ticks since its start.`,
      "A cycle takes longer than the interval: raise collector.interval_seconds or give Burrow and the collector more CPU.",
    );
  }
  if (record.spool_age_seconds > SPOOL_AGE_LIMIT_SECONDS) {
    note(
      "spool",
      `Documents of ${of} wait in the spool, the oldest for ${Math.round(record.spool_age_seconds)} s.`,
      "Elasticsearch refuses or is slow: see its findings.",
    );
  }
  if (record.documents_dead_lettered > 0) {
    note(
      "dead-letters",
      `Elasticsearch refused ${record.documents_dead_lettered} documents of ${of} for good.`,
      "They are kept; the collector's log has the reason.",
    );
  }
  if (record.documents_dropped > 0) {
    note(
      "dropped",
      `The ${of} has dropped ${record.documents_dropped} documents, because the spool reached its bound.`,
      "Raise collector.spool.maximum_bytes, or repair Elasticsearch sooner.",
    );
  }
  return notes.length === 0
    ? [ok("collector-record", `The ${of} reports no error, nothing waits and nothing was lost.`)]
    : notes;
}
