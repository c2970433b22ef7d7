/** Looks at a collector by what it has stored: the age of its documents, its trust in them, the record of its last cycle. */
import { z } from "zod";
import type { FieldName } from "../../model/fields.ts";
import { LAGLINE_VERSION } from "../../stacks/versions.ts";
import type { Search } from "../search/search.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, skipped, warning } from "./finding.ts";

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
