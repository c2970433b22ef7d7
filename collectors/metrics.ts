/** The collector's own metrics: every name once, with type, help and labels; prom-client is loaded only when served. */
import type { Counter, Gauge, Histogram } from "prom-client";
import { registerReadMetric } from "./read-metrics.ts";

type MetricInfo = {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
};

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] as const;

export const METRICS = {
  lagline_build_info: {
    type: "gauge",
    help: "Always 1; the labels are the build and the name of the collector.",
    labels: ["version", "collector"],
  },
  lagline_ticks_total: { type: "counter", help: "Cycles that ended, by result.", labels: ["result"] },
  lagline_ticks_skipped_total: {
    type: "counter",
    help: "Ticks skipped because a cycle took longer than the interval.",
  },
  lagline_clock_steps_total: { type: "counter", help: "Times the wall clock was seen to be set back." },
  lagline_last_tick_timestamp_seconds: { type: "gauge", help: "Tick of the last cycle that was spooled." },
  lagline_cycle_seconds: {
    type: "histogram",
    help: "Whole cycle, until the last document is spooled.",
    buckets: SECONDS,
  },
  lagline_scrape_seconds: { type: "histogram", help: "Reading from Burrow.", buckets: SECONDS },
  lagline_analysis_seconds: {
    type: "histogram",
    help: "Analysis within the cycle; it uses the processor all that time.",
    buckets: [0.01, ...SECONDS],
  },
  lagline_burrow_up: { type: "gauge", help: "1 when Burrow was read in the last cycle.", labels: ["server"] },
  lagline_burrow_ready: { type: "gauge", help: "1 when Burrow said READY in the last cycle." },
  lagline_burrow_self_lag: {
    type: "gauge",
    help: "Records of __consumer_offsets that Burrow has not read yet.",
  },
  lagline_burrow_requests_total: { type: "counter", help: "Requests to Burrow." },
  lagline_burrow_problems_total: {
    type: "counter",
    help: "What was wrong with Burrow's answers.",
    labels: ["kind", "scope"],
  },
  lagline_limit_exceeded_total: {
    type: "counter",
    help: "Times something was left out because of a bound, by the setting below collector.limits.",
    labels: ["limit"],
  },
  lagline_burrow_host_changes_total: { type: "counter", help: "Times another Burrow instance answered." },
  lagline_groups: { type: "gauge", help: "Groups read in the last cycle." },
  lagline_groups_unreadable: {
    type: "gauge",
    help: "Listed groups that could not be read in the last cycle.",
  },
  lagline_topics: { type: "gauge", help: "Topics read in the last cycle." },
  lagline_partitions: { type: "gauge", help: "Partitions of groups read in the last cycle." },
  lagline_documents_total: { type: "counter", help: "Documents made and accepted into the spool." },
  lagline_documents_lost_total: {
    type: "counter",
    help: "Documents of cycles that the spool did not accept.",
  },
  lagline_spool_dropped_documents_total: {
    type: "counter",
    help: "Documents that left the spool without an answer of Elasticsearch.",
    labels: ["reason"],
  },
  lagline_dead_letters_total: {
    type: "counter",
    help: "Documents that Elasticsearch will never take, by its error type.",
    labels: ["error_type"],
  },
  lagline_dead_letters_dropped_total: {
    type: "counter",
    help: "Dead letters removed because their store reached its bound.",
  },
  lagline_spool_disk_errors_total: {
    type: "counter",
    help: "Errors of the disk under the spool.",
    labels: ["what"],
  },
  lagline_bulk_requests_total: {
    type: "counter",
    help: "Bulk requests by HTTP status; 0: no answer.",
    labels: ["status"],
  },
  lagline_bulk_sent_bytes_total: { type: "counter", help: "Bytes of bulk requests on the wire." },
  lagline_bulk_seconds: { type: "histogram", help: "Duration of bulk requests.", buckets: SECONDS },
  lagline_bulk_retried_documents_total: {
    type: "counter",
    help: "Documents that have to be sent again.",
    labels: ["reason"],
  },
  lagline_elasticsearch_up: { type: "gauge", help: "0 while Elasticsearch does not take documents." },
  lagline_file_output_documents_total: {
    type: "counter",
    help: "Documents written to the files of collector.outputs.file.",
  },
  lagline_file_output_lost_documents_total: {
    type: "counter",
    help: "Documents that went to the spool and are missing in the files of collector.outputs.file.",
    labels: ["reason"],
  },
  lagline_certificate_expires_timestamp_seconds: {
    type: "gauge",
    help: "When a certificate ends that the connections to Elasticsearch and Burrow depend on, or the API key, by the setting of its file or the address of the server that presents it; looked at once an hour.",
    labels: ["certificate"],
  },
  lagline_history_saves_total: {
    type: "counter",
    help: "Times history was written, by result.",
    labels: ["result"],
  },
  lagline_log_lines_suppressed_total: {
    type: "counter",
    help: "Repeated log lines that were not written, by the code of the line.",
    labels: ["code"],
  },
} as const satisfies Record<string, MetricInfo>;

export type MetricName = keyof typeof METRICS;
export type Labels = Readonly<Record<string, string>>;

/** What events write to. */
export interface Metrics {
  add(name: MetricName, amount?: number, labels?: Labels): void;
  set(name: MetricName, value: number, labels?: Labels): void;
  observe(name: MetricName, value: number): void;
}

/** For `--once` and `--print`, where nobody asks for metrics. */
export const NO_METRICS: Metrics = { add() {}, set() {}, observe() {} };

/** Numbers that another part keeps and that are read when metrics are asked for. */
export type MetricSource = {
  readonly name: `lagline_${string}`;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly read: () => number | null;
};

export interface MetricsRegistry extends Metrics {
  readonly contentType: string;
  /** Adds numbers that are read on demand. Null is left out. */
  addSources(sources: readonly MetricSource[]): void;
  /** The text of /metrics. */
  render(): Promise<string>;
}

/** Creates the registry with the process' own metrics beside ours. */
export async function createMetrics(): Promise<MetricsRegistry> {
  // Under a bundle a CommonJS package has its exports on `default` only; under Node on both.
  const { default: client } = await import("prom-client");
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, info] of Object.entries<MetricInfo>(METRICS)) {
    const common = { name, help: info.help, labelNames: [...(info.labels ?? [])], registers: [registry] };
    switch (info.type) {
      case "counter":
        counters.set(name, new client.Counter(common));
        break;
      case "gauge":
        gauges.set(name, new client.Gauge(common));
        break;
      case "histogram":
        histograms.set(name, new client.Histogram({ ...common, buckets: [...(info.buckets ?? SECONDS)] }));
        break;
    }
  }
  return {
    contentType: registry.contentType,
    add(name, amount = 1, labels = {}) {
      counters.get(name)?.inc(labels, amount);
    },
    set(name, value, labels = {}) {
      gauges.get(name)?.set(labels, value);
    },
    observe(name, value) {
      histograms.get(name)?.observe(value);
    },
    addSources(sources) {
      for (const { read, ...about } of sources) {
        registerReadMetric(client, registry, { ...about, read: () => [{ value: read() }] });
      }
    },
    render: async () => registry.metrics(),
  };
}
