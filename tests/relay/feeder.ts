/**
 * Plays a collector for the relay's lab: three groups with a lasting problem and two that are well, one tick after the
 * other, into an Elasticsearch of one's own. Two files steer it: `silent` stops the writing (a dead collector; its ticks
 * are lost), `healed` makes every group well. Ticks that Elasticsearch does not take wait, as they would in the spool.
 *
 *     node tests/relay/feeder.ts --url http://127.0.0.1:19311 --steer DIR
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { LagDocument } from "../../model/documents.ts";
import { FIELDS, FIELD_NAMES } from "../../model/fields.ts";
import { scenarioDocuments } from "../grafana/scenario.ts";

const TIMEOUT_MS = 5000;
const GROUPS = new Set([
  "payments-writer",
  "invoice-writer",
  "clickstream-enricher",
  "checkout-events",
  "audit-log",
]);

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:19311" },
    index: { type: "string", default: "metrics-kafka.consumer_lag-lab" },
    interval: { type: "string", default: "10" },
    steer: { type: "string" },
    seconds: { type: "string", default: "7200" },
  },
});
const interval = Number(values.interval);
const target = `${values.url}/${values.index}`;
const started = Math.floor(Date.now() / 1000);

function isOn(name: string): boolean {
  return values.steer !== undefined && existsSync(join(values.steer, name));
}

async function send(path: string, method: string, body: string): Promise<number> {
  const response = await fetch(`${target}${path}`, {
    method,
    body,
    headers: { "content-type": path === "/_bulk" ? "application/x-ndjson" : "application/json" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.arrayBuffer();
  return response.status;
}

function documentsOf(tick: number, healedAt: number | undefined): readonly LagDocument[] {
  return scenarioDocuments(tick, {
    cluster: "orders",
    intervalSeconds: interval,
    nowSeconds: started,
    ...(healedAt === undefined ? {} : { healedAtSeconds: healedAt }),
  }).filter(({ group }) => group === undefined || GROUPS.has(group));
}

const properties = Object.fromEntries(FIELD_NAMES.map((name) => [name, { type: FIELDS[name].type }]));
await send("", "PUT", JSON.stringify({ settings: { number_of_replicas: 0 }, mappings: { properties } }));

const waiting: string[] = [];
let healedAt: number | undefined;
let next = (Math.floor(started / interval) + 1) * interval;
while (next < started + Number(values.seconds)) {
  // A real collector writes a little after its tick.
  await wait(Math.max(0, (next + 2) * 1000 - Date.now()));
  if (healedAt === undefined && isOn("healed")) healedAt = next;
  if (!isOn("healed")) healedAt = undefined;
  if (!isOn("silent")) {
    waiting.push(
      documentsOf(next, healedAt)
        .map((document) => `{"index":{}}\n${JSON.stringify(document)}\n`)
        .join(""),
    );
  }
  while (waiting[0] !== undefined) {
    const status = await send("/_bulk", "POST", waiting[0]).catch(() => 0);
    if (status !== 200) break;
    waiting.shift();
  }
  next += interval;
}
