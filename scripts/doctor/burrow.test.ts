import { afterEach, beforeEach, expect, test } from "vitest";
import { createBurrowClient } from "../../collectors/burrow/client.ts";
import type { FakeBurrow } from "../../tests/fakes/fake-burrow.ts";
import { startFakeBurrow } from "../../tests/fakes/fake-burrow.ts";
import { lookAtBurrow } from "./burrow.ts";
import type { Observation } from "./finding.ts";

let burrow: FakeBurrow;

beforeEach(async () => {
  burrow = await startFakeBurrow();
  burrow.setCluster("shop", { groups: new Map([["billing", []]]) });
  burrow.setSelfLag("shop", 3);
});
afterEach(() => burrow.close());

async function look(server = burrow.url): Promise<readonly Observation[]> {
  const client = createBurrowClient({
    server,
    cluster: "shop",
    timeoutMs: 500,
    maximumBytes: 1e6,
    concurrency: 2,
  });
  try {
    return await lookAtBurrow({
      client,
      cluster: "shop",
      prefix: "/v3/kafka",
      signal: AbortSignal.timeout(5000),
    });
  } finally {
    client.close();
  }
}
const outcomes = (found: readonly Observation[]): Record<string, string> =>
  Object.fromEntries(found.map(({ check, outcome }) => [check, outcome]));
const RIGHT = { ready: "ok", "caught-up": "ok", "burrow-clock": "ok", groups: "ok" };

test("nothing is wrong with a Burrow that knows the cluster and its groups", async () => {
  expect(outcomes(await look())).toEqual(RIGHT);
});

test("a Burrow that is not there breaks ready", async () => {
  const found = await look("http://127.0.0.1:1");
  expect(outcomes(found)).toEqual({ ready: "broken" });
  expect(found[0]?.evidence).toMatch(/ECONNREFUSED/);
});

test("a Burrow that still starts breaks ready and points to Kafka", async () => {
  burrow.setReady(false);
  const found = await look();
  expect(outcomes(found)).toEqual({ ready: "broken" });
  expect(`${found[0]?.evidence} ${found[0]?.fix}`).toMatch(/still starting.*cannot read Kafka/);
});

test("a Burrow that knows another cluster only breaks ready and names what it knows", async () => {
  const other = await startFakeBurrow();
  other.setCluster("warehouse", {});
  const found = await look(other.url);
  await other.close();
  expect(outcomes(found)).toEqual({ ready: "broken" });
  expect(`${found[0]?.evidence} ${found[0]?.fix}`).toMatch(/it knows: "?warehouse.*Name the cluster shop/);
});

test("a Burrow far behind in the offsets topic breaks caught-up only", async () => {
  burrow.setSelfLag("shop", 250_000);
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, "caught-up": "broken" });
  expect(found[1]?.evidence).toContain("250000 messages behind");
});

test("a clock that is off is a warning only", async () => {
  burrow.setClockOffset(60_000);
  expect(outcomes(await look())).toEqual({ ...RIGHT, "burrow-clock": "warning" });
});

test("a Burrow without groups is a warning only", async () => {
  burrow.setCluster("shop", { groups: new Map() });
  expect(outcomes(await look())).toEqual({ ...RIGHT, groups: "warning" });
});
