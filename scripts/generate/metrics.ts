/** Reference of the collector's metrics, made from the table that registers them. */
import { METRICS } from "../../collectors/metrics.ts";

const HEADER = `# Metrics

Made from \`collectors/metrics.ts\` by \`npm run generate\`; edits are overwritten.

The collector serves them at \`/metrics\` on \`collector.health_address\` and \`collector.health_port\` in Prometheus' text
format. Counters start at 0 with each start of the process. The same figures, as far as dashboards and alert rules need
them, are in the documents of \`record: collector\`.

| Metric | Type | Labels | Meaning |
|---|---|---|---|
`;

export function metricsReference(): string {
  const rows = Object.entries(METRICS).map(([name, info]) => {
    const labels = "labels" in info ? info.labels.map((label) => `\`${label}\``).join(", ") : "";
    return `| \`${name}\` | ${info.type} | ${labels} | ${info.help} |\n`;
  });
  return `${HEADER}${rows.join("")}`;
}
