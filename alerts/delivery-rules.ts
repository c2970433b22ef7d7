/**
 * Rules about the way from the collector to Elasticsearch: one rule each for all collectors of all clusters. They read the
 * collector's own documents, which wait in the same spool and arrive late with the rest; hence the long window.
 */
import { ask, math, reduce, threshold } from "./expressions.ts";
import { bucketSeconds, windowSeconds } from "./consumer-values.ts";
import { COUNT, DURATION, WHOLE, name, whenKnown } from "./text.ts";
import type { AlertRule, AlertingConfig } from "./types.ts";
import { where } from "../dashboards/lucene.ts";
import type { JsonObject } from "../dashboards/types.ts";
import type { FieldName } from "../model/fields.ts";

export type DeliveryRule = AlertRule & {
  /** Queries, reduced values and, last, the condition `C`. */
  readonly data: (config: AlertingConfig) => readonly JsonObject[];
};

/**
 * An hour: documents are lost while Elasticsearch is away, and the counters that tell of it arrive when it is back, with
 * the time at which they were written. The last hour before its return is enough, because nothing stops the loss earlier.
 */
const LOOK_BACK_SECONDS = 3600;
/** Collectors of one cluster: a pair, or shards of a large one. */
const MAXIMUM_COLLECTORS = 100;
/** From half on: as much time is left as the first half took. Over when a fifth of that is free again. */
const FILLED_RATIO = 0.5;
const EMPTIED_RATIO = 0.4;

const WHO = `The collector ${name("collector")} of ${name("cluster")}`;

const DROPPED: DeliveryRule = {
  uid: "lagline-documents-dropped",
  when: "documents dropped in the last hour of documents",
  name: "LagPipelineDocumentsDropped",
  severity: "critical",
  pendingSeconds: 0,
  keepFiringSeconds: 0,
  reason:
    "What is dropped is gone, so there is nothing to wait for. Fires for an hour after the last loss, because the window is an hour.",
  runbook: "lag-pipeline-documents-dropped",
  panel: "pipelineLost",
  summary: `${WHO} dropped ${whenKnown("I", `${COUNT} documents`, "documents")}: they are lost.`,
  description:
    "The spool reached its bound of bytes or age, or its disk failed. First: does Elasticsearch take documents, and how full is the spool?",
  data: (config) => increase(config, "documents_dropped"),
};

const DEAD_LETTERED: DeliveryRule = {
  uid: "lagline-documents-dead-lettered",
  when: "documents refused for good in the last hour of documents",
  name: "LagPipelineDocumentsDeadLettered",
  severity: "warning",
  pendingSeconds: 0,
  keepFiringSeconds: 0,
  reason:
    "Elasticsearch refuses for good what does not fit its mapping: it does not heal by itself. A warning, because the documents are kept.",
  runbook: "lag-pipeline-documents-dead-lettered",
  panel: "pipelineLost",
  summary: `Elasticsearch refused ${whenKnown("I", `${COUNT} documents`, "documents")} of the collector ${name("collector")} of ${name("cluster")} for good.`,
  description:
    "They are kept in the dead-letter store and missing on every page. First: which reason stands in the collector's log?",
  data: (config) => increase(config, "documents_dead_lettered"),
};

const FILLING: DeliveryRule = {
  uid: "lagline-spool-filling",
  when: "spool above half of collector.spool.maximum_bytes",
  name: "LagPipelineSpoolFilling",
  severity: "warning",
  pendingSeconds: 300,
  keepFiringSeconds: 300,
  reason:
    "From half of its bound on: as long again is left to act. Five minutes exclude a restart of Elasticsearch.",
  runbook: "lag-pipeline-spool-filling",
  panel: "pipelineSpool",
  summary: `${WHO}: its spool is ${whenKnown("F", "{{ humanizePercentage .Value }}", "half")} full. When it is full the oldest documents are lost.`,
  description: `${whenKnown("N", `${COUNT} documents wait`, "Documents wait")}. First: does Elasticsearch take documents, and fast enough?`,
  data: (config) => [
    ...newest(config, "B", "spool_bytes"),
    ...newest(config, "N", "spool_documents"),
    math("F", `$B / ${config.spoolMaximumBytes}`),
    threshold("C", "F", { operator: "gt", fire: FILLED_RATIO, recover: EMPTIED_RATIO }),
  ],
};

const LATE: DeliveryRule = {
  uid: "lagline-delivery-late",
  when: "documents wait longer than half the rules' window",
  name: "LagPipelineDeliveryLate",
  severity: "warning",
  pendingSeconds: 300,
  keepFiringSeconds: 120,
  reason:
    "Half the window of the rules: this late they still see every group, twice as late they are blind. Five minutes exclude a restart of Elasticsearch.",
  runbook: "lag-pipeline-delivery-late",
  panel: "pipelineSpool",
  summary: `${WHO} delivers late: its oldest waiting document is ${whenKnown("A", `${DURATION} old`, "old")}.`,
  description: `Alerts about lag come as much later. ${whenKnown("N", `${WHOLE} documents wait`, "Documents wait")}. First: does Elasticsearch take documents, and fast enough?`,
  data: (config) => [
    ...newest(config, "A", "spool_age_seconds"),
    ...newest(config, "N", "spool_documents"),
    math("C", `$A > ${windowSeconds(config.intervalSeconds) / 2}`),
  ],
};

export const DELIVERY_RULES: readonly DeliveryRule[] = [DROPPED, DEAD_LETTERED, FILLING, LATE];

/**
 * How much a counter rose in the window, as `I`. The newest value minus the lowest, and not the highest minus the lowest:
 * counters begin at 0 with the collector, and a restart is no loss.
 */
function increase(config: AlertingConfig, field: FieldName): readonly JsonObject[] {
  return [
    ...newest(config, "N", field),
    reduce("M", "qN", "min"),
    math("I", "$N - $M"),
    threshold("C", "I", { operator: "gt", fire: 0 }),
  ];
}

/** No value for a missing field: a collector that spools nothing has none of these, and no alert. */
function newest(config: AlertingConfig, ref: string, field: FieldName): readonly JsonObject[] {
  return [
    ask({
      ref: `q${ref}`,
      datasourceUid: config.datasourceUid,
      filter: where("collector"),
      metric: { statistic: "max", field },
      by: [
        { field: "cluster", size: Math.max(10, config.clusters.length), order: "name" },
        { field: "collector", size: MAXIMUM_COLLECTORS, order: "name" },
      ],
      bucketSeconds: Math.max(60, bucketSeconds(config.intervalSeconds)),
      windowSeconds: LOOK_BACK_SECONDS,
    }),
    reduce(ref, `q${ref}`, "last"),
  ];
}
