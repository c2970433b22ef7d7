import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Listener } from "../../alerts/relay/listener.ts";
import { startListener } from "../../alerts/relay/listener.ts";
import { RelayEvents } from "../../alerts/relay/relay-events.ts";
import { createRelayMetrics } from "../../alerts/relay/relay-metrics.ts";
import { EMPTY_STATE } from "../../alerts/relay/state.ts";
import type { RelayState } from "../../alerts/relay/state.ts";
import { createRepeatLimiter } from "../../collectors/log.ts";
import type { Observation } from "./finding.ts";
import { ask } from "./http.ts";
import type { RelayLook } from "./relay.ts";
import { lookAtRelay } from "./relay.ts";

const TOKEN = "a-token-for-tests-only";
const NOW = Date.now();

/** What the relay under test says of itself. */
type Says = {
  totals: Partial<RelayState["totals"]>;
  waiting: number;
  oldestSeconds: number;
  heardSeconds: number | null;
  blind: boolean;
  letterBytes: number;
  reasons: string[];
};
let says: Says;
let directory: string;
let tokenFile: string;
let listener: Listener;

beforeEach(async () => {
  says = {
    totals: {},
    waiting: 0,
    oldestSeconds: 0,
    heardSeconds: 30,
    blind: false,
    letterBytes: 1,
    reasons: [],
  };
  directory = mkdtempSync(join(tmpdir(), "lagline-doctor-"));
  tokenFile = join(directory, "token");
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  listener = await startRelaysListener();
});
afterEach(async () => {
  await listener.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The relay's own HTTP side and metrics, over a state that the test sets. */
async function startRelaysListener(): Promise<Listener> {
  const repeats = createRepeatLimiter({ periodMs: 1, now: Date.now });
  const events = new RelayEvents({ log: pino({ level: "silent" }), repeats });
  const metrics = await createRelayMetrics({
    version: "0",
    state: () => ({ ...EMPTY_STATE, totals: { ...EMPTY_STATE.totals, ...says.totals } }),
    inbox: () => says.waiting,
    oldestMs: () => (says.oldestSeconds === 0 ? null : NOW - says.oldestSeconds * 1000),
    counts: events.counts,
    blind: () => says.blind,
    slackFails: () => false,
    heartbeatMs: () => (says.heardSeconds === null ? null : NOW - says.heardSeconds * 1000),
    letterBytes: () => says.letterBytes,
    now: () => NOW,
  });
  const readiness = () => ({ ready: says.reasons.length === 0, reasons: says.reasons });
  return startListener({
    address: "127.0.0.1",
    port: 0,
    token: TOKEN,
    accept: async () => {
      throw new Error("The doctor posts nothing.");
    },
    liveness: readiness,
    readiness,
    metrics,
    events,
  });
}

const look = (over: Partial<RelayLook> = {}) =>
  lookAtRelay({
    get: (path, headers = {}) =>
      ask(`http://127.0.0.1:${listener.port}${path}`, { headers, signal: AbortSignal.timeout(5000) }),
    target: "http://relay:8090/grafana",
    tokenFile,
    silenceSeconds: 300,
    nowMs: NOW,
    ...over,
  });
const outcomes = (found: readonly Observation[]): Record<string, string> =>
  Object.fromEntries(found.map(({ check, outcome }) => [check, outcome]));
const RIGHT = { readiness: "ok", token: "ok", heartbeat: "ok", queue: "ok", "dead-letters": "ok" };
const evidenceOf = (found: readonly Observation[], check: string): string =>
  found.find((each) => each.check === check)?.evidence ?? "";

test("nothing is wrong with a relay that hears Grafana and reaches Slack", async () => {
  expect(outcomes(await look())).toEqual(RIGHT);
});

test("a relay that does not answer breaks readiness, and its token is not judged", async () => {
  await listener.close();
  expect(outcomes(await look())).toEqual({ readiness: "broken", token: "skipped", metrics: "skipped" });
});

test("a relay that is not ready breaks readiness with its own reasons", async () => {
  says.reasons = ["Slack has not taken a message for 90 s (HTTP 503); 4 wait."];
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, readiness: "broken" });
  expect(evidenceOf(found, "readiness")).toBe(says.reasons[0]);
});

test("another program on its port breaks readiness and token", async () => {
  const found = await look({ get: async () => ({ kind: "answer", status: 200, text: "<html>" }) });
  expect(outcomes(found)).toMatchObject({ readiness: "broken", token: "broken" });
});

test("a token that was changed since the relay started breaks token, and is not shown", async () => {
  writeFileSync(tokenFile, "another-token-for-tests\n");
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, token: "broken" });
  expect(JSON.stringify(found)).not.toContain("another-token");
});

test("a token file that is missing breaks token and names it", async () => {
  const found = await look({ tokenFile: join(directory, "none") });
  expect(outcomes(found)).toEqual({ ...RIGHT, token: "broken" });
  expect(evidenceOf(found, "token")).toContain(join(directory, "none"));
});

test("a token file that others can read is a warning with the command to mend it", async () => {
  chmodSync(tokenFile, 0o644);
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, token: "warning" });
  expect(found.find(({ check }) => check === "token")?.fix).toBe(`chmod 600 ${tokenFile}`);
});

test.each([
  ["of a minute ago is right", 60, "ok"],
  ["that was missed is a warning", 200, "warning"],
  ["that does not come any more breaks heartbeat", 301, "broken"],
])("a heartbeat %s", async (_name, heardSeconds, outcome) => {
  says.heardSeconds = heardSeconds;
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, heartbeat: outcome });
  expect(evidenceOf(found, "heartbeat")).toContain(`${heardSeconds} s ago`);
});

test("a relay that never heard Grafana is given the time of a silence, then heartbeat is broken", async () => {
  says.heardSeconds = null;
  expect(outcomes(await look())).toEqual({ ...RIGHT, heartbeat: "skipped" });
  const found = await look({ nowMs: NOW + 3_600_000 });
  expect(outcomes(found)).toEqual({ ...RIGHT, heartbeat: "broken" });
  expect(evidenceOf(found, "heartbeat")).toContain("since the relay started");
});

test("notifications that wait for Slack are a warning with their number and age", async () => {
  says.waiting = 7;
  says.oldestSeconds = 121;
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, queue: "warning" });
  expect(evidenceOf(found, "queue")).toBe("7 notifications wait for Slack, the oldest message for 121 s.");
});

test.each([
  ["dead letters", { deadLettered: 2, ownDeadLettered: 1 }, "3 messages"],
  ["dropped notifications", { dropped: 5 }, "5 notifications"],
])("%s are a warning with their number", async (_name, totals, words) => {
  says.totals = totals;
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, "dead-letters": "warning" });
  expect(evidenceOf(found, "dead-letters")).toContain(words);
});

test("dead letters that somebody dealt with are no warning", async () => {
  says.totals = { deadLettered: 2 };
  says.letterBytes = 0;
  const found = await look();
  expect(outcomes(found)).toEqual(RIGHT);
  expect(evidenceOf(found, "dead-letters")).toContain("none is kept any more");
});

test("a relay that told people of its blindness is a warning", async () => {
  says.blind = true;
  expect(outcomes(await look())).toEqual({ ...RIGHT, sight: "warning" });
});
