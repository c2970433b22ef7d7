/**
 * The 3 a.m. walk: from the link in a message through the pages, by their own links, on a real Elasticsearch that holds
 * the night. What the reader must learn is written down in `tests/grafana/walks.ts` and in docs/dashboards.md.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { viewPages } from "../grafana/pages.ts";
import { Reader } from "../grafana/reader.ts";
import type { ReaderOptions, Row } from "../grafana/reader.ts";
import {
  SIMULATED_INTERVAL_SECONDS,
  createIndex,
  dropIndex,
  refresh,
  simulate,
  write,
} from "../grafana/simulated-store.ts";
import type { SimulatedCluster, TruePartition } from "../grafana/simulated-store.ts";
import { storeOfTests } from "../grafana/store-of-tests.ts";
import { WALKS, named } from "../grafana/walks.ts";
import type { Walk } from "../grafana/walks.ts";
import { START_MS } from "../simulator/run.ts";

const HOUR_MS = 3_600_000;
const REFRESH_SECONDS = 10;
const PARTITIONS = "Which partitions, whose are they, and when did they commit last?";
const store = storeOfTests(`lagline-it-walk-${randomBytes(4).toString("hex")}`);
const nights = WALKS.map((walk) => ({ name: walk.scenario.name, walk, night: simulate(walk.scenario) }));
const doubt = simulate(named("Kafka brokers down"));
const options: ReaderOptions = {
  store,
  tickSeconds: SIMULATED_INTERVAL_SECONDS,
  pages: viewPages({
    environment: "simulated",
    datasourceUid: "lagline",
    intervalSeconds: SIMULATED_INTERVAL_SECONDS,
    staleAfterSeconds: 150,
  }),
};

beforeAll(async () => {
  await createIndex(store);
  for (const { night } of nights) await write(store, night.documents);
  await write(store, doubt.documents);
  await refresh(store);
});

afterAll(async () => {
  await dropIndex(store);
});

const rulesView = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({ title: z.string(), annotations: z.object({ dashboard_url: z.string() }) }).loose(),
      ),
    }),
  ),
});
const RULES = rulesView
  .parse(
    parse(
      readFileSync(
        join(import.meta.dirname, "../../generated/grafana/provisioning/alerting/lagline-rules.yaml"),
        "utf8",
      ),
    ),
  )
  .groups.flatMap(({ rules }) => rules);

/** The link in the message: the rule's own address with the labels of the alert, from an hour before until now. */
function messageLink(rule: string, labels: Readonly<Record<string, string>>, nowMs: number): string {
  const address = RULES.find(({ title }) => title === rule)?.annotations.dashboard_url;
  if (address === undefined) throw new Error(`There is no rule ${rule}.`);
  const filled = address.replaceAll(
    /\{\{ with \$labels\.(\w+) \}\}\{\{ urlquery \. \}\}\{\{ end \}\}/g,
    (_, name: string) => encodeURIComponent(labels[name] ?? ""),
  );
  return `${filled}&from=${nowMs - HOUR_MS}&to=now`;
}

function nowOf(seconds: number): number {
  return START_MS + seconds * 1000 + 3_000;
}

function wake({ walk, night }: { walk: Walk; night: SimulatedCluster }): Reader {
  const labels = { cluster: night.cluster, group: walk.scenario.subject };
  return Reader.open(options, messageLink(walk.rule, labels, nowOf(walk.at)), nowOf(walk.at));
}

function truthOf({ walk, night }: { walk: Walk; night: SimulatedCluster }): readonly TruePartition[] {
  return night.truth.find(({ second }) => second === walk.at)?.groups.get(walk.scenario.subject) ?? [];
}

const isFailing = ({ cells }: Row) =>
  ["rewound", "hot partition", "falling behind", "no owner", "stalled", "stopped"].includes(
    String(cells["Verdict"]),
  );

describe.each(nights)("$name", (of) => {
  const { walk } = of;

  test("the alert's page says that it is real, what it is, and why", async () => {
    const page = wake(of);
    expect(await page.tile("Data trusted?")).toBe("trusted");
    expect(await page.tile("Verdict")).toBe(walk.verdict);
    expect(String(await page.tile("Why?"))).toMatch(walk.cause);
  });

  test("it says since when, whose it is and what is expected", async () => {
    const page = wake(of);
    // A tick is stamped when its second is over.
    const since = (Date.parse(String(await page.tile("Verdict since"))) - START_MS) / 1000 - 1;
    expect(since).toBeGreaterThanOrEqual(walk.since[0]);
    expect(since).toBeLessThanOrEqual(walk.since[1]);
    expect(await page.tile("Team")).toBe("payments");
    expect(await page.facts("What is expected?")).toEqual({ policy: "simulated", objective: 60 });
  });

  test("it says how late it is and when it will be over", async () => {
    const page = wake(of);
    const late = truthOf(of).flatMap(({ lateSeconds }) => lateSeconds ?? []);
    const said = await page.tile("Late by");
    const gone = await page.tile("Gone in");
    const slack = REFRESH_SECONDS + SIMULATED_INTERVAL_SECONDS;
    const worst = Math.max(...late);
    // A group that is gone has no partitions that could be late.
    expect({
      said,
      right: said === "not known" ? walk.verdict === "vanished" : Math.abs(Number(said) - worst) <= slack,
    }).toEqual({ said, right: true });
    const [low, high] = walk.gone ?? [Number.NaN, Number.NaN];
    expect({
      gone,
      right: walk.gone === null ? gone === "not shrinking" : Number(gone) >= low && Number(gone) <= high,
    }).toEqual({ gone, right: true });
  });

  test("the table names the affected partitions and their owners", async () => {
    const rows = await wake(of).rows(PARTITIONS);
    const failing = rows.filter(isFailing);
    const partitions = failing.map(({ cells }) => Number(cells["Partition"])).toSorted((a, b) => a - b);
    expect(partitions).toEqual(walk.affected);
    const concerned = walk.affected.length === 0 ? rows : failing;
    expect([...new Set(concerned.map(({ cells }) => String(cells["Owner"])))].toSorted()).toEqual(
      walk.owners,
    );
    // Worst first: what is affected stands above what is not.
    expect(rows.slice(0, failing.length)).toEqual(failing);
    const truth = truthOf(of);
    expect(rows.map(({ cells }) => cells["Messages"])).toEqual(
      rows.map(({ cells }) => {
        const known = truth[Number(cells["Partition"])];
        return Math.max(0, (known?.head ?? 0) - (known?.committed ?? 0));
      }),
    );
  });
});

const withPartitions = nights.filter(({ walk }) => walk.affected.length > 0);

describe.each(withPartitions)("one click further, $name", (of) => {
  const { walk } = of;

  test("the page of the worst partition says whether its offset moves, and names its owner", async () => {
    const page = wake(of);
    const [worst] = await page.rows(PARTITIONS);
    if (worst === undefined) throw new Error("The table is empty.");
    const partition = page.follow(PARTITIONS, worst, "Partition");
    expect(partition.place.uid).toBe("lagline-partition");
    const [now] = await partition.rows("How is this partition now, and whose is it?");
    expect(now?.cells["Partition"]).toBe(worst.cells["Partition"]);
    expect(now?.cells["Verdict"]).toBe(worst.cells["Verdict"]);
    expect(walk.owners).toContain(now?.cells["Owner"]);
    const offsets = await partition.lines("Do the offsets move?");
    const truth = truthOf(of)[Number(worst.cells["Partition"])];
    expect(offsets.get("committed")?.at(-1)).toBe(truth?.committed);
    expect(offsets.get("end of partition")?.at(-1)).toBe(truth?.head);
  });

  test("the topic's page lists the group among those that read it", async () => {
    const page = wake(of);
    const [worst] = await page.rows(PARTITIONS);
    if (worst === undefined) throw new Error("The table is empty.");
    const topic = page.follow(PARTITIONS, worst, "Topic");
    expect(topic.place).toMatchObject({ uid: "lagline-topic", variables: { topic: "orders" } });
    const groups = await topic.rows("Which groups read this topic?");
    const own = groups.find(({ cells }) => cells["Group"] === walk.scenario.subject);
    expect(own?.cells["Verdict"]).toBe(walk.verdict);
  });

  test("the fleet's page lists it with its cause, and leads back", async () => {
    const fleet = wake(of).navigate("Fleet");
    const title = "Which groups need a person, and why?";
    const rows = await fleet.rows(title);
    expect(rows.map(({ cells }) => cells["Group"])).toEqual([walk.scenario.subject]);
    const [row] = rows;
    if (row === undefined) throw new Error("The table is empty.");
    expect(row.cells["Verdict"]).toBe(walk.verdict);
    expect(String(row.cells["Cause"])).toMatch(walk.cause);
    const back = fleet.follow(title, row, "Group");
    expect(back.place).toMatchObject({
      uid: "lagline-group",
      variables: { cluster: of.night.cluster, group: walk.scenario.subject },
    });
    expect(await back.tile("Verdict")).toBe(walk.verdict);
  });
});

describe("the monitoring itself is in doubt", () => {
  const at = 1140;
  const group = () =>
    Reader.open(
      options,
      messageLink("KafkaConsumerGroupStopped", { cluster: doubt.cluster, group: "billing" }, nowOf(at)),
      nowOf(at),
    );

  test("the group's page says so first, and blames nobody", async () => {
    expect(await group().tile("Data trusted?")).toBe("suspect");
    expect(String(await group().tile("Why?"))).toMatch(/Last trusted verdict: ok\.$/);
    expect(await group().tile("Verdict")).toBe("ok");
  });

  test("one click further the pipeline's page gives the reason", async () => {
    const [row] = await group().navigate("Pipeline").rows("Is each cluster watched?");
    expect(row?.cells["Monitoring"]).toBe("suspect");
    expect(String(row?.cells["Why"])).toMatch(
      /^Nothing has moved in the whole cluster for \d min: Kafka is down or Burrow lost it/,
    );
  });

  test("after the last document every page says that it is blind, also behind a link with an absolute time", async () => {
    const late = nowOf(doubt.scenario.seconds + 600);
    const page = Reader.open(
      options,
      messageLink("KafkaConsumerGroupStopped", { cluster: doubt.cluster, group: "billing" }, late),
      late,
    );
    expect(await page.tile("Data trusted?")).toBe("BLIND: no data");
    expect(await page.tile("Verdict")).toBe("no data for this group");
    expect(await page.rows(PARTITIONS)).toEqual([]);
    for (const title of ["Cluster", "Pipeline", "Objectives", "Topic", "Partition"])
      expect(await page.navigate(title).tile("Data trusted?")).toBe("BLIND: no data");
  });
});

describe("the morning after", () => {
  const { cluster, scenario } = simulate(named("consumer dead and back"));
  const end = nowOf(scenario.seconds);
  const page = () =>
    new Reader(options, {
      uid: "lagline-objectives",
      variables: { cluster },
      fromMs: end - 3 * HOUR_MS,
      toMs: end,
    });

  test("the objectives page lists the incident with beginning, duration, peak and cause", async () => {
    const title = "Which incidents are over?";
    const rows = await page().rows(title);
    const stop = rows.find(({ cells }) => cells["Was"] === "stopped");
    expect(stop?.cells["Group"]).toBe(scenario.subject);
    expect(stop?.cells["Team"]).toBe("payments");
    const began = (Date.parse(String(stop?.cells["Began"])) - START_MS) / 1000;
    expect(began).toBeGreaterThanOrEqual(960);
    expect(began).toBeLessThanOrEqual(1050);
    // Dead for 600 s, found after 90 s at most two ticks later, held for two ticks after the return.
    expect(stop?.cells["Lasted"]).toBeGreaterThanOrEqual(480);
    expect(stop?.cells["Lasted"]).toBeLessThanOrEqual(660);
    expect(stop?.cells["Latest by"]).toBeGreaterThanOrEqual(570);
    expect(stop?.cells["Latest by"]).toBeLessThanOrEqual(640);
    expect(String(stop?.cells["Cause"])).toMatch(/no consumer is left/);
    const [row] = rows;
    if (row === undefined) throw new Error("No incident is listed.");
    expect(page().follow(title, row, "Group").place.uid).toBe("lagline-group");
  });
});
