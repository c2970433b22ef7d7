/** Reference of the metrics of collector and retention, made from the tables that register them. */
import { METRICS } from "../../collectors/metrics.ts";
import { RETENTION_METRICS } from "../../collectors/retention/metrics.ts";

const HEADER = `# Metrics

Made from \`collectors/metrics.ts\` and \`collectors/retention/metrics.ts\` by \`npm run generate\`; edits are overwritten.

The collector serves them at \`/metrics\` on \`collector.health_address\` and \`collector.health_port\` in Prometheus' text
format. Counters start at 0 with each start of the process. The same figures, as far as dashboards and alert rules need
them, are in the documents of \`record: collector\`.

| Metric | Type | Labels | Meaning |
|---|---|---|---|
`;

const RETENTION = `
## Retention

\`lagline retention --health-port\` serves these at \`/metrics\` on 127.0.0.1.

| Metric | Type | Labels | Meaning |
|---|---|---|---|
`;

type Table = Readonly<Record<string, { type: string; help: string; labels?: readonly string[] }>>;

export function metricsReference(): string {
  return `${HEADER}${rowsOf(METRICS)}${RETENTION}${rowsOf(RETENTION_METRICS)}`;
}

function rowsOf(table: Table): string {
  const rows = Object.entries(table).map(([name, info]) => {
    const labels = (info.labels ?? []).map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${info.type} | ${labels} | ${info.help} |\n`;
  });
  return rows.join("");
}
