import { createServer } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { createRepeatLimiter } from "../../collectors/log.ts";
import { notificationBody } from "../../tests/relay/recorded.ts";
import type { MadeUpAlert } from "../../tests/relay/recorded.ts";
import { Heartbeats } from "./heartbeats.ts";
import { RelayEvents } from "./relay-events.ts";
import { openState } from "./state-file.ts";
import { parseNotification } from "./webhook-body.ts";

const MINUTE_MS = 60_000;
const WATCHDOG: MadeUpAlert = { alertName: "LaglineWatchdog", cluster: "", component: "watchdog" };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function world(url: string | null = null, directory = mkdtempSync(join(tmpdir(), "lagline-beats-"))) {
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const { keeper, quarantined } = await openState(directory);
  const clock = { nowMs: Date.UTC(2026, 10, 21, 12) };
  const now = (): number => clock.nowMs;
  let id = 0;
  const heartbeats = new Heartbeats({
    keeper,
    events: new RelayEvents({
      log: pino({ enabled: false }),
      repeats: createRepeatLimiter({ periodMs: 1000, now }),
    }),
    now,
    newId: () => `own-${(id += 1)}`,
    silenceMs: 5 * MINUTE_MS,
    heartbeatUrl: async () => url,
    canary: { cluster: "orders", group: "lagline-canary", silenceMs: 60 * MINUTE_MS, reportMs: null },
  });
  const pass = async (minutes: number): Promise<void> => {
    for (let passed = 0; passed < minutes; passed += 1) {
      clock.nowMs += MINUTE_MS;
      await heartbeats.turn(clock.nowMs);
    }
  };
  const hear = (alert: MadeUpAlert = WATCHDOG): boolean =>
    heartbeats.take(parseNotification(notificationBody(alert)));
  const titles = (): readonly string[] => keeper.now.outbox.map(({ title }) => title);
  return { heartbeats, keeper, quarantined, clock, pass, hear, titles, directory };
}

test("a Grafana that is not heard is told about once, and its return too", async () => {
  const { pass, hear, titles } = await world();
  hear();
  await pass(4);
  expect(titles()).toEqual([]);
  await pass(60);
  expect(titles().filter((title) => title.startsWith("Grafana"))).toEqual(["Grafana's alerting is silent"]);
  hear();
  await pass(2);
  expect(titles().filter((title) => title.startsWith("Grafana"))).toEqual([
    "Grafana's alerting is silent",
    "Grafana's alerting is back",
  ]);
});

test("a restart of the relay in a silence does not tell of it again", async () => {
  const first = await world();
  await first.pass(6);
  const again = await world(null, first.directory);
  await again.pass(10);
  expect(again.titles()).toEqual(["Grafana's alerting is silent"]);
});

test("a watchdog that a reload calls resolved is no sign of life, and no alert", async () => {
  const { pass, hear, titles } = await world();
  expect(hear({ ...WATCHDOG, status: "resolved" })).toBe(true);
  await pass(6);
  expect(titles()).toEqual(["Grafana's alerting is silent"]);
});

test("an alert about lag is no heartbeat", async () => {
  const { hear } = await world();
  expect(hear({ group: "a" })).toBe(false);
});

test("a heartbeat reaches the dead-man's switch, not more often than it needs", async () => {
  const beats: string[] = [];
  const server = createServer((request, response) => {
    beats.push(request.method ?? "");
    response.end("ok");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closers.push(() => void server.close());
  const address = server.address();
  const { hear, clock } = await world(
    `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/x`,
  );
  hear();
  hear();
  clock.nowMs += MINUTE_MS;
  hear();
  await expect.poll(() => beats).toEqual(["POST", "POST"]);
});

test("the canary's alert wakes nobody, and its absence is told", async () => {
  const { heartbeats, keeper, clock, pass, titles } = await world();
  const canary = parseNotification(notificationBody({ group: "lagline-canary" }));
  const other = parseNotification(notificationBody({ group: "a" }));
  expect(heartbeats.takeCanary(keeper.now, other, clock.nowMs)).toBeNull();
  await keeper.change((state) => heartbeats.takeCanary(state, canary, clock.nowMs) ?? state);
  await pass(59);
  expect(titles()).not.toContain("The canary's alert did not come: orders");
  await pass(2);
  expect(titles()).toContain("The canary's alert did not come: orders");
  await keeper.change((state) => heartbeats.takeCanary(state, canary, clock.nowMs) ?? state);
  await pass(1);
  expect(titles()).toContain("The canary's alert comes again: orders");
});

test("a state that cannot be understood is put aside, and the relay starts", async () => {
  const directory = mkdtempSync(join(tmpdir(), "lagline-beats-"));
  writeFileSync(join(directory, "state.json"), '{"version": 99');
  const { quarantined, titles } = await world(null, directory);
  expect(quarantined).toBe(join(directory, "state.json.unreadable"));
  expect(titles()).toEqual([]);
});
