/** Prometheus metrics of numbers that another part keeps: they are read when the metrics are asked for. */
import type { Counter, Gauge, Registry } from "prom-client";

export type Reading = {
  readonly labels?: Readonly<Record<string, string>>;
  /** Null: there is no such number now; a gauge is then left out, a counter stays 0. */
  readonly value: number | null;
};

export type ReadMetric = {
  readonly name: `lagline_${string}`;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: () => readonly Reading[];
};

/** The text of /metrics and its content type. */
export type MetricsText = { readonly contentType: string; render(): Promise<string> };

type Client = {
  readonly Counter: typeof Counter;
  readonly Gauge: typeof Gauge;
};

/** These metrics, with the process' own beside them. */
export async function createReadMetrics(metrics: readonly ReadMetric[]): Promise<MetricsText> {
  // Under a bundle a CommonJS package has its exports on `default` only; under Node on both.
  const { default: client } = await import("prom-client");
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  for (const metric of metrics) registerReadMetric(client, registry, metric);
  return { contentType: registry.contentType, render: async () => registry.metrics() };
}

export function registerReadMetric(client: Client, registry: Registry, metric: ReadMetric): void {
  const { name, type, help, labels = [], read } = metric;
  const common = { name, help, labelNames: [...labels], registers: [registry] };
  if (type === "counter") {
    const counter = new client.Counter({
      ...common,
      collect() {
        counter.reset();
        for (const { labels: of = {}, value } of read()) counter.inc(of, value ?? 0);
      },
    });
    return;
  }
  const gauge = new client.Gauge({
    ...common,
    collect() {
      gauge.reset();
      // Without labels a reset gauge says 0.
      if (labels.length === 0) gauge.remove();
      for (const { labels: of = {}, value } of read()) if (value !== null) gauge.set(of, value);
    },
  });
}
