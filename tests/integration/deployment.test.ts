/**
 * The running deployment, from the outside: plans, verdicts, figures against Kafka's own, crashes, secrets, and what is
 * kept when it goes down and comes back. The tests build on each other's time, not on each other's results.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { LagDocument } from "../../model/documents.ts";
import { SCENARIOS } from "../../scripts/demo/scenarios.ts";
import { expectedVerdicts } from "../../scripts/demo/timeline.ts";
import { bootstrapHostServers } from "../../stacks/endpoints.ts";
import { plainHttp } from "../support/elasticsearch.ts";
import { formatRows, sampleTimeLags, tabulate } from "../support/time-lag-accuracy.ts";
import { clientSettings } from "../../collectors/elasticsearch/connection.ts";
import type { AccessUser } from "../../model/access.ts";
import { readGroupMembers } from "../../scripts/kafka-admin/members.ts";
import { connectionOf } from "../../scripts/kafka-admin/of-cluster.ts";
import { parseDescribe } from "../../scripts/kafka-admin/parse-describe.ts";
import {
  CLUSTER,
  config,
  containerName,
  count,
  crash,
  docker,
  eventually,
  INTERVAL_MS,
  lagline,
  logOf,
  newest,
  readAll,
  refresh,
  repositoryRoot,
  secretsDirectory,
  stateOf,
  STREAM,
} from "./support/deployment.ts";

const doctorAnswer = z.object({ findings: z.array(z.object({ link: z.string(), outcome: z.string() })) });
const clusterSettings = config.clusters[CLUSTER] ?? missing();
const LATE_SECONDS = 30;
/** Exact ones are rarer with quick refreshes: a lag of 0 must stand in the very tick that is read. */
const MIN_SAMPLES = { exact: 50, interpolated: 200 } as const;
const SEED = config.demo?.seed ?? 0;
const partitionKey = ({ group, topic, partition }: LagDocument): string => `${group}/${topic}/${partition}`;

function missing(): never {
  throw new Error(`The configuration has no cluster ${CLUSTER}.`);
}

/** What the demo should show at this moment, by group. */
async function expectedNow(): Promise<ReadonlyMap<string, readonly string[]>> {
  const elapsed = (Date.now() - (await stateOf(`demo-${CLUSTER}`)).startedAt.getTime()) / 1000;
  return new Map(
    SCENARIOS.flatMap((scenario) => {
      const expected = expectedVerdicts(scenario, elapsed, { seed: SEED, speed: 1 });
      return expected === undefined ? [] : [[scenario.group, expected] as const];
    }),
  );
}

describe("the deployment", () => {
  it("plans no change in any stack when it is brought up again", async () => {
    const again = await lagline("up");
    expect(again.exitCode).toBe(0);
    expect(again.output).toMatch(/Deploy all stacks … done in [\d.]+ s \(no changes in 7 stacks\)/);
    expect(again.output).toContain("scripts/down");
  });

  it("ends with every demo group on screen", async () => {
    const top = await lagline("top", "--once");
    expect(top.exitCode).toBe(0);
    for (const { group } of SCENARIOS) {
      expect(top.output).toContain(group);
    }
  });

  it("created the declared topic with its partitions", async () => {
    const described = await docker(
      "exec",
      containerName(`kafka-${CLUSTER}-1`),
      "/opt/kafka/bin/kafka-topics.sh",
      "--bootstrap-server",
      "127.0.0.1:9092",
      "--describe",
      "--topic",
      "declared",
    );
    expect(described).toMatch(/PartitionCount: 3/);
    expect(described).toMatch(/retention\.ms=3600000/);
  });

  it("gives each demo group the verdict it was built to show", { timeout: 420_000 }, async () => {
    const wrong = await eventually("every settled group shows its verdict", 400, async () => {
      const expected = await expectedNow();
      const groups = await newest("group", ({ group = "" }) => group);
      const problems = [...expected].filter(
        ([group, verdicts]) => !verdicts.includes(groups.get(group)?.verdict ?? "nothing"),
      );
      // All scenarios must have settled once, or an early look would prove little.
      return expected.size >= SCENARIOS.length - 2 && problems.length === 0 ? problems : undefined;
    });
    expect(wrong).toEqual([]);
    const groups = await newest("group", ({ group = "" }) => group);
    for (const { group } of SCENARIOS) {
      expect(groups.get(group)?.cause, `${group} says why`).toMatch(/\w+ .+/);
    }
  });
});

describe("owners", () => {
  it("of every partition that somebody reads are stored, although the groups joined after Burrow began", async () => {
    const groups = new Set(["orders-healthy", "reports-too-many-consumers", "billing-falling-behind"]);
    const partitions = await newest("partition", partitionKey);
    const unnamed = [...partitions.values()].filter(
      ({ group = "", partition_owner: owner = "" }) => groups.has(group) && owner === "",
    );
    expect(unnamed.map(partitionKey)).toEqual([]);
  });
});

describe("what Burrow cannot tell", () => {
  it("comes from Kafka: consumers without a partition", { timeout: 120_000 }, async () => {
    const group = "reports-too-many-consumers";
    const found = await eventually("the group stands", 90, async () => {
      const { members, problems } = await readGroupMembers(connectionOf(clusterSettings), [group]);
      expect(problems).toEqual([]);
      return members.get(group);
    });
    expect({ total: found.total, idle: found.idle }).toEqual({ total: 6, idle: 3 });
    const advice = await lagline("advise", group, "--hours", "1");
    expect(advice.output).toContain("3 of them own no partition, because there are only 3 partitions");
  });

  it("comes from people: a deployment is marked on its groups and nowhere else", async () => {
    const flags = ["--kind", "rolling", "--minutes", "5", "--reason", "release <4.2>"];
    const marked = await lagline("annotate", "--group", "orders-*", ...flags);
    expect(marked.output).toMatch(/Marked orders-healthy of \S+ until \d{4}-/);
    expect(marked.exitCode).toBe(0);
    await refresh();
    const events = await readAll([{ term: { record: "event" } }, { term: { event_kind: "deployment" } }]);
    expect(events.map(({ group, event_to: kind }) => ({ group, kind }))).toEqual([
      { group: "orders-healthy", kind: "rolling" },
    ]);
    const none = await lagline("annotate", "--group", "nobody-*", ...flags);
    expect(none.exitCode).toBe(1);
    expect(none.output).toContain("No group of");
  });
});

describe("the stored time lag", () => {
  it(
    "is within one tick plus one refresh of the records' own timestamps, for 95 of 100 documents",
    { timeout: 300_000 },
    async () => {
      const servers = bootstrapHostServers(clusterSettings);
      const gte = new Date().toISOString();
      const samples = await eventually(
        "enough partitions tell a time lag, some of them late",
        240,
        async () => {
          const documents = await readAll([
            { term: { record: "partition" } },
            { range: { "@timestamp": { gte } } },
          ]);
          const found = await sampleTimeLags(servers, documents);
          const countOf = (method: string): number =>
            found.filter((sample) => sample.method === method).length;
          // Where nobody is late, any method is accurate.
          const late = found.some(
            ({ method, truthSeconds }) => method === "interpolated" && truthSeconds > LATE_SECONDS,
          );
          return countOf("exact") >= MIN_SAMPLES.exact &&
            countOf("interpolated") >= MIN_SAMPLES.interpolated &&
            late
            ? found
            : undefined;
        },
      );
      const methods = tabulate(samples, ({ method }) => method);
      process.stdout.write(
        `${formatRows([...methods, ...tabulate(samples, ({ group, method }) => `${group}, ${method}`)])}\n`,
      );
      const limit = INTERVAL_MS / 1000 + (clusterSettings.burrow.managed?.offset_refresh_seconds ?? 10);
      const stated = methods.filter(({ name }) => name === "exact" || name === "interpolated");
      expect(stated.filter(({ p95 }) => p95 > limit)).toEqual([]);
    },
  );
});

describe("at rest", () => {
  it(
    "stores for every group and partition what kafka-consumer-groups says",
    { timeout: 180_000 },
    async () => {
      await docker("stop", containerName(`demo-${CLUSTER}`));
      try {
        // Burrow reads end offsets every 2 s and caches for 2 s; two more ticks make the stored values final.
        await sleep(3 * INTERVAL_MS + 5000);
        const text = await docker(
          "exec",
          containerName(`kafka-${CLUSTER}-1`),
          "/opt/kafka/bin/kafka-consumer-groups.sh",
          "--bootstrap-server",
          "127.0.0.1:9092",
          "--all-groups",
          "--describe",
          "--offsets",
        );
        const kafka = new Map(
          parseDescribe(text).flatMap((row) =>
            row.committedOffset === null
              ? []
              : [
                  [
                    `${row.group}/${row.topic}/${row.partition}`,
                    [row.committedOffset, row.logEndOffset, row.lag],
                  ] as const,
                ],
          ),
        );
        await refresh();
        const stored = new Map(
          [...(await newest("partition", partitionKey))].flatMap(([key, row]) =>
            row.committed_offset === undefined
              ? []
              : [[key, [row.committed_offset, row.log_end_offset, row.lag]] as const],
          ),
        );
        expect(kafka.size).toBeGreaterThan(20);
        expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(kafka));
      } finally {
        await docker("start", containerName(`demo-${CLUSTER}`));
      }
    },
  );
});

describe("users", () => {
  /** Status of a search, of adding a document and of a change, as this user. */
  async function mayDo(user: AccessUser): Promise<Record<string, number>> {
    const http = plainHttp(clientSettings(config, user));
    const statusOf = async (method: string, url: string, data?: unknown): Promise<number> =>
      (await http.request({ method, url, data, validateStatus: () => true })).status;
    return {
      search: await statusOf("GET", `/${STREAM}/_search?size=0`),
      // Without a timestamp: who may add is told that it is missing.
      add: await statusOf("POST", `/${STREAM}/_create/x`, {}),
      remove: await statusOf("DELETE", `/${STREAM}/_doc/x`),
      template: await statusOf("GET", `/_index_template/${STREAM}`),
      users: await statusOf("GET", "/_security/user"),
    };
  }

  it("may do what their program needs and nothing else", async () => {
    const refused = 403;
    expect(await mayDo("collector")).toEqual({
      search: refused,
      add: 400,
      remove: refused,
      template: refused,
      users: refused,
    });
    for (const user of ["reader", "grafana", "relay"] as const) {
      expect(await mayDo(user)).toEqual({
        search: 200,
        add: refused,
        remove: refused,
        template: 200,
        users: refused,
      });
    }
    expect(await mayDo("retention")).toEqual({
      search: refused,
      add: refused,
      remove: refused,
      template: refused,
      users: refused,
    });
    expect(await mayDo("setup")).toMatchObject({
      search: refused,
      add: refused,
      template: 200,
      users: refused,
    });
  });

  it("must say who they are", async () => {
    const { urls, files } = clientSettings(config, "reader");
    const nobody = plainHttp({ urls, files: files.caFile === undefined ? {} : { caFile: files.caFile } });
    const paths = ["/", `/${STREAM}/_search`, "/_cluster/health"];
    const answers = await Promise.all(paths.map((url) => nobody.get(url, { validateStatus: () => true })));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  });
});

describe("retention", () => {
  const SCRIPT =
    'fetch("http://127.0.0.1:8092/metrics").then(async (r) => console.log(await r.text()), () => process.exit(1))';

  it("runs beside an Elasticsearch that cannot delete by age, and opened its first windows", async () => {
    const image = await docker("inspect", "-f", "{{.Config.Image}}", containerName("elasticsearch-1"));
    const names = await docker("image", "inspect", "-f", "{{.RepoTags}}", image.trim());
    const running = await docker("ps", "--filter", `name=^${containerName("retention")}$`, "-q");
    expect(running.trim() !== "").toBe(names.includes("lagline/elasticsearch:"));
    if (running.trim() === "") return;
    const value = async (name: string): Promise<number> => {
      const text = await docker("exec", containerName("retention"), "node", "-e", SCRIPT);
      return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
    };
    // The stream is there with its first document, and is looked for once a minute.
    await eventually("windows are open for two weeks", 120, async () =>
      (await value("lagline_retention_covered_until_timestamp_seconds")) > Date.now() / 1000 + 14 * 86_400
        ? true
        : undefined,
    );
    expect(await value("lagline_retention_due_indices")).toBe(0);
    expect(await logOf(containerName("retention"))).toMatch(/Opened \.ds-.* for documents from/);
  });
});

describe("a rotation", () => {
  it(
    "of every password and of the authority reaches what runs, without a restart and without a missing tick",
    { timeout: 300_000 },
    async () => {
      const things = [`collector-${CLUSTER}`, "elasticsearch-1", "grafana"];
      const before = await Promise.all(things.map(stateOf));
      const old = plainHttp(clientSettings(config, "reader"));
      const from = new Date();
      for (const flags of [[], ["--authority"]]) {
        const rotated = await lagline("secrets", "rotate", ...flags);
        expect(rotated.exitCode).toBe(0);
        expect(rotated.output).toContain("Elasticsearch takes them");
      }
      // The old authority is not enough any more, and with the new one the old password is not.
      await expect(old.get("/")).rejects.toThrow(/certificate|self-signed/);
      const until = Date.now() + 4 * INTERVAL_MS;
      await eventually("documents of after the rotation arrive", 60, async () => {
        await refresh();
        const newer = { range: { "@timestamp": { gte: new Date(until).toISOString() } } };
        return (await count(newer)) > 0 ? true : undefined;
      });
      const documents = await readAll([
        { terms: { record: ["partition", "group"] } },
        { range: { "@timestamp": { gte: from.toISOString(), lte: new Date(until).toISOString() } } },
      ]);
      expect(accountOf(documents)).toEqual({ incomplete: [], duplicates: [] });
      const ticks = [...new Set(documents.map((document) => Date.parse(document["@timestamp"])))].toSorted(
        (a, b) => a - b,
      );
      expect(ticks.length).toBeGreaterThan(4);
      const gaps = ticks.slice(1).filter((tick, index) => tick - (ticks[index] ?? 0) > INTERVAL_MS);
      expect(gaps).toEqual([]);
      expect(await Promise.all(things.map(stateOf))).toEqual(before);
    },
  );
});

describe("after a crash", () => {
  it(
    "of Burrow, of the collector, of Elasticsearch: everything runs again, and every answered tick is stored once and whole",
    { timeout: 420_000 },
    async () => {
      const from = new Date();
      for (const thing of [`burrow-${CLUSTER}`, `collector-${CLUSTER}`, "elasticsearch-1"]) {
        const before = await stateOf(thing);
        await crash(thing);
        await eventually(`${thing} runs again`, 60, async () => {
          const now = await stateOf(thing);
          return now.status === "running" && now.startedAt > before.startedAt ? now : undefined;
        });
        const crashed = Date.now();
        await eventually(`documents of after the crash of ${thing} arrive`, 120, async () => {
          await refresh();
          return (await count({
            bool: {
              filter: [
                { term: { record: "group" } },
                { range: { "@timestamp": { gte: new Date(crashed + INTERVAL_MS).toISOString() } } },
              ],
            },
          })) > 0
            ? true
            : undefined;
        });
      }
      await sleep(2 * INTERVAL_MS);
      await refresh();
      const documents = await readAll([
        { terms: { record: ["partition", "group"] } },
        { range: { "@timestamp": { gte: from.toISOString() } } },
      ]);
      expect(accountOf(documents)).toEqual({ incomplete: [], duplicates: [] });
      // While Burrow or the collector is away nothing is read; that must be the smaller part of the time.
      const ticks = new Set(documents.map((document) => document["@timestamp"]));
      expect(ticks.size).toBeGreaterThan((Date.now() - from.getTime()) / INTERVAL_MS / 2);
    },
  );
});

/** Groups whose partitions are not all there in a tick, and documents that are there twice. */
function accountOf(documents: readonly LagDocument[]): { incomplete: string[]; duplicates: string[] } {
  const partitions = new Map<string, number>();
  const seen = new Set<string>();
  const duplicates: string[] = [];
  for (const document of documents) {
    const identity = [
      document["@timestamp"],
      document.record,
      document.group,
      document.topic,
      document.partition,
    ].join("|");
    if (seen.has(identity)) {
      duplicates.push(identity);
    }
    seen.add(identity);
    if (document.record === "partition") {
      const key = `${document["@timestamp"]}|${document.group}`;
      partitions.set(key, (partitions.get(key) ?? 0) + 1);
    }
  }
  const incomplete = documents
    .filter(
      ({ record, partition_count: wanted, verdict }) =>
        record === "group" && wanted !== undefined && verdict !== "vanished",
    )
    .filter((group) => partitions.get(`${group["@timestamp"]}|${group.group}`) !== group.partition_count)
    .map(
      (group) =>
        `${group["@timestamp"]} ${group.group}: ${partitions.get(`${group["@timestamp"]}|${group.group}`) ?? 0} of ${group.partition_count}`,
    );
  return { incomplete, duplicates };
}

describe("secrets", () => {
  it("reach the container that needs them and nothing else: not the plan, the state, the logs or docker inspect", async () => {
    const secrets = secretValues(secretsDirectory);
    // Grafana's password and Slack's address; in Elasticsearch seven passwords with their hashes, and two private keys.
    expect(secrets).toHaveLength(2 + 7 + 7 + 2);
    const inGrafana = await docker("exec", containerName("grafana"), "sh", "-c", "cat /run/secrets/*");
    expect(secrets.filter((secret) => inGrafana.includes(secret))).toHaveLength(3);
    const names = (
      await docker("ps", "-aq", "--filter", `label=lagline.environment=${config.environment}`)
    ).split("\n");
    const inspected = await docker("inspect", ...names);
    const logs = await Promise.all(names.map(logOf));
    const processes = readProcesses();
    expect(processes.length).toBeGreaterThan(20);
    const files = ["var/integration", "var/integration-state", "var/log", "cdktf.out"].flatMap(readTree);
    expect(files.length).toBeGreaterThan(20);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(20);
      expect(inspected).not.toContain(secret);
      expect(processes.filter(({ text }) => text.includes(secret)).map(({ path }) => path)).toEqual([]);
      expect(logs.filter((log) => log.includes(secret))).toEqual([]);
      expect(files.filter(({ text }) => text.includes(secret)).map(({ path }) => path)).toEqual([]);
    }
  });
});

/** Arguments and environment of every process that can be read, those in the containers among them. */
function readProcesses(): { path: string; text: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
    .flatMap((path) => {
      try {
        return [{ path, text: readFileSync(path, "utf8") }];
      } catch {
        return [];
      }
    });
}

/** What nobody may see: passwords and webhooks whole, hashes one by one, of private keys each line. */
function secretValues(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "ca.pem")
    .flatMap(({ parentPath, name }) => {
      const text = readFileSync(join(parentPath, name), "utf8").trim();
      if (name === "users") return text.split("\n").map((line) => line.slice(line.indexOf(":") + 1));
      const [, key] = /-----BEGIN PRIVATE KEY-----\n(\S+)/.exec(text) ?? [];
      return [key ?? text];
    });
}

/** Text of every file below a folder of the repository but staged secrets and provider binaries. */
function readTree(folder: string): { path: string; text: string }[] {
  try {
    return readdirSync(join(repositoryRoot, folder), { recursive: true, withFileTypes: true })
      .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
      .filter(
        ({ entry, path }) => entry.isFile() && !path.includes("/secrets/") && !path.includes("/.terraform/"),
      )
      .map(({ path }) => ({ path, text: readFileSync(path, "utf8") }));
  } catch {
    return [];
  }
}

describe("the doctor", () => {
  /** Links with a broken check, without those this deployment cannot have: its Grafana is a stand-in, its Slack invented. */
  async function brokenLinks(): Promise<readonly string[]> {
    const { output } = await lagline("doctor", "--json");
    const { findings } = doctorAnswer.parse(JSON.parse(output.trim().split("\n").at(-1) ?? ""));
    const links = findings.filter(({ outcome }) => outcome === "broken").map(({ link }) => link);
    return [...new Set(links)].filter((link) => link !== "grafana" && link !== "slack");
  }
  const untilWhole = (): Promise<unknown> =>
    eventually("the doctor finds no broken link", 180, async () =>
      (await brokenLinks()).length === 0 ? true : undefined,
    );

  it("finds nothing wrong with a deployment that runs", { timeout: 200_000 }, async () => {
    expect(await untilWhole()).toBe(true);
  });

  it.each([
    ["collector-shop", "collector"],
    ["burrow-shop", "burrow"],
    ["elasticsearch-1", "elasticsearch"],
    ["kafka-shop-1", "kafka"],
  ])("names the first broken link when %s is stopped: %s", { timeout: 400_000 }, async (thing, link) => {
    await docker("stop", containerName(thing));
    try {
      expect((await brokenLinks())[0]).toBe(link);
    } finally {
      await docker("start", containerName(thing));
    }
    await untilWhole();
  });
});

describe("the Grafana stack", () => {
  it("mounts dashboards, provisioning and secrets where Grafana reads them", async () => {
    const listed = await docker(
      "exec",
      containerName("grafana"),
      "ls",
      "/etc/lagline/dashboards",
      "/etc/grafana/provisioning",
      "/run/secrets",
    );
    expect(listed).toContain("lagline-fleet.json");
    expect(listed).toMatch(/alerting\ndashboards\ndatasources/);
    expect(listed).toContain("slack-webhook-url");
  });
});

describe("down and up", () => {
  it("keeps every stored document", { timeout: 420_000 }, async () => {
    await refresh();
    const until = new Date().toISOString();
    const filter = { range: { "@timestamp": { lt: until } } };
    const before = await count(filter);
    const down = await lagline("down");
    expect(down.exitCode).toBe(0);
    expect(down.output).toMatch(/Data is kept in \d+ volumes/);
    expect(await docker("ps", "-aq", "--filter", `label=lagline.environment=${config.environment}`)).toBe("");
    const up = await lagline("up");
    expect(up.exitCode).toBe(0);
    await refresh();
    expect(before).toBeGreaterThan(1000);
    expect(await count(filter)).toBeGreaterThanOrEqual(before);
  });
});
