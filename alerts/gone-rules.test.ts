import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { GONE_RULES } from "./gone-rules.ts";
import { renderGrafana } from "./render-grafana.ts";

/** Every uid that any version put into Grafana. Append only; a new rule is added here and in its own table. */
const SHIPPED = [
  "lagline-consumer-group-stopped",
  "lagline-consumer-partition-stalled",
  "lagline-consumer-objective-missed",
  "lagline-consumer-lag-growing",
  "lagline-pipeline-data-stale-1",
  "lagline-pipeline-data-stale-2",
  "lagline-stale-orders",
  "lagline-documents-dropped",
  "lagline-documents-dead-lettered",
  "lagline-spool-filling",
  "lagline-delivery-late",
  "lagline-consumer-offsets-rewound",
  "lagline-suspect",
];
const ALERTING = "grafana/provisioning/alerting";
const rulesFile = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ uid: z.string() })) })),
});
const goneFile = z.object({
  deleteRules: z.array(z.strictObject({ orgId: z.literal(1), uid: z.string() })),
});

function rendered(clusters: readonly string[], removedClusters: readonly string[]) {
  const files = renderGrafana({
    environment: "test",
    clusters,
    removedClusters,
    intervalSeconds: 30,
    rootUrl: "https://grafana.example.org",
    elasticsearch: { url: "http://elasticsearch:9200", index: "metrics-kafka.consumer_lag-test" },
    runbooks: new Map(),
  });
  const read = (name: string): unknown => parse(files.get(`${ALERTING}/${name}`) ?? "");
  return {
    paths: [...files.keys()].filter((path) => path.startsWith(ALERTING)),
    present: rulesFile
      .parse(read("lagline-rules.yaml"))
      .groups.flatMap(({ rules }) => rules.map(({ uid }) => uid)),
    deleted: goneFile.parse(read("lagline-gone-rules.yaml")).deleteRules.map(({ uid }) => uid),
  };
}

test("Grafana, which reads files by name, deletes before it writes rules that may have the same titles", () => {
  expect(rendered(["orders"], []).paths.toSorted()).toEqual([
    `${ALERTING}/lagline-gone-rules.yaml`,
    `${ALERTING}/lagline-rules.yaml`,
  ]);
});

test("a cluster that is configured and removed at once is refused", () => {
  expect(() => rendered(["orders"], ["orders"])).toThrow(/LagPipelineDataStale orders is deleted as well/);
});

test("every rule that was ever shipped is either provided or deleted", () => {
  const { present, deleted } = rendered(["orders"], []);
  expect(SHIPPED.filter((uid) => !present.includes(uid) && !deleted.includes(uid))).toEqual([]);
  expect(present.filter((uid) => !SHIPPED.includes(uid))).toEqual([]);
});

test("the heartbeat of a removed cluster is deleted, also where its uid is a hash", () => {
  const long = "cluster-with-a-name-that-is-longer-than-a-uid";
  const uid = rendered([long], []).present.find((name) => name.startsWith("lagline-stale-")) ?? "";
  expect(uid).not.toContain(long);
  expect(rendered(["orders"], ["payments", long]).deleted.slice(-2)).toEqual(["lagline-stale-payments", uid]);
});

test("each uid is gone once, and says why", () => {
  const uids = GONE_RULES.flatMap((gone) => gone.uids);
  expect(new Set(uids).size).toBe(uids.length);
  expect(GONE_RULES.filter(({ why }) => !why.endsWith("."))).toEqual([]);
});
