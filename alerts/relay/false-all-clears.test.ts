/** The relay's judgement over time, on bodies that a real Grafana sent; the clock is moved by hand. */
import { describe, expect, test } from "vitest";
import {
  BAD,
  MINUTE_MS,
  Play,
  WELL,
  fresh,
  isAllClear,
  replay,
  stoppedAt,
  unreadable,
} from "../../tests/relay/play.ts";
import { notificationBody, recordedNotifications } from "../../tests/relay/recorded.ts";
import { parseNotification } from "./webhook-body.ts";

const GROUPS = ["payments-writer", "invoice-writer", "clickstream-enricher"] as const;
const STOPPED_MS = Date.parse("2026-11-21T14:26:10Z");

test("Elasticsearch stopped for five minutes while three groups fire: one message, no all-clear, right afterwards", () => {
  const back = STOPPED_MS + 5 * MINUTE_MS;
  const play = replay("elasticsearch-stopped", (nowMs) => (nowMs < STOPPED_MS ? fresh(BAD) : unreadable));
  const firing = 3;
  play.until(back);
  expect(play.titles.slice(firing)).toEqual(["Lag monitoring is blind: orders"]);
  for (const group of GROUPS) expect(play.sent.at(-1)?.text).toContain(`\`${group}\``);
  // Back, with the ticks that waited in the collector's spool; Grafana fires again after its pending time.
  play.store = fresh(BAD);
  play.pass(2 * MINUTE_MS);
  for (const body of recordedNotifications("elasticsearch-stopped").slice(0, 3)) play.receive(body);
  play.pass(15 * MINUTE_MS);
  expect(play.titles.slice(firing)).toEqual([
    "Lag monitoring is blind: orders",
    "Lag monitoring sees again: orders",
  ]);
  for (const group of GROUPS)
    expect(play.sent.at(-1)?.text).toContain(`\`${group}\` (\`orders\`): still stopped`);
  expect(play.sent.filter(isAllClear)).toEqual([]);
  // Right: a real recovery is told, once, for each.
  play.store = fresh(WELL);
  const over = recordedNotifications("elasticsearch-stopped").filter(
    ({ alerts }) => alerts[0]?.status === "resolved" && alerts[0].labels["group"] !== undefined,
  );
  for (const body of over) play.receive(body);
  expect(play.sent.filter(isAllClear)).toHaveLength(3);
  expect(play.account[0]).toBe(play.account[1]);
});

test("a collector that stops for five minutes: the same, although Elasticsearch answers", () => {
  const play = replay("elasticsearch-stopped", (nowMs) =>
    // The bodies of the recording, with a store that answers and shows the last ticks before the stop.
    nowMs < STOPPED_MS ? fresh(BAD) : stoppedAt(STOPPED_MS - 2 * MINUTE_MS),
  );
  play.until(STOPPED_MS + 5 * MINUTE_MS);
  expect(play.titles.slice(3)).toEqual(["Lag monitoring is blind: orders"]);
  expect(play.texts).toMatch(/newest trusted document of the cluster is \d+ s old/);
  play.store = fresh(BAD);
  play.pass(10 * MINUTE_MS);
  expect(play.titles.slice(4)).toEqual(["Lag monitoring sees again: orders"]);
  expect(play.sent.filter(isAllClear)).toEqual([]);
});

describe("an all-clear that was not believed", () => {
  const T0 = Date.UTC(2026, 10, 21, 12);

  test("comes by itself as soon as the data confirms it, where Grafana never fires again", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a" }).pass(MINUTE_MS);
    play.alert({ group: "a", status: "resolved" }).pass(MINUTE_MS);
    expect(play.sent).toHaveLength(1);
    play.store = fresh({ verdict: "catching_up", objective_ratio: 3 });
    play.pass(MINUTE_MS);
    expect(play.titles.slice(1)).toEqual(["OVER: a (orders): now catching up"]);
    play.alert({ group: "a", status: "resolved" });
    expect(play.sent).toHaveLength(2);
  });

  test("is told as such when Grafana does not fire again although the problem lasts", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a" });
    play.alert({ group: "a", status: "resolved" }).pass(60 * MINUTE_MS);
    expect(play.titles.slice(1)).toEqual([
      "Grafana ended an alert that the data still shows",
      "NOT OVER: a (orders): Grafana gave the alert up",
    ]);
  });

  test("of a group that is gone is called gone", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a" });
    play.store = (_group, nowMs) => ({ kind: "read", clusterTickMs: nowMs, group: null });
    play.alert({ group: "a", status: "resolved" });
    expect(play.titles.slice(1)).toEqual(["GONE: a (orders)"]);
    expect(play.texts).not.toContain("OVER");
  });

  test("waits while the group is reported without a verdict, as after a restart of the collector", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a" });
    play.store = (_group, nowMs) => ({ kind: "read", clusterTickMs: nowMs, group: null, groupTickMs: nowMs });
    play.alert({ group: "a", status: "resolved" }).pass(10 * MINUTE_MS);
    expect(play.sent).toHaveLength(1);
    play.store = fresh(WELL);
    play.pass(MINUTE_MS);
    expect(play.titles.slice(1)).toEqual(["OVER: a (orders): now ok"]);
  });
});

describe("blindness", () => {
  const T0 = Date.UTC(2026, 10, 21, 12);
  const blindness = { alertName: "LagPipelineDataStale orders", component: "pipeline" };

  test("shorter than the grace is told to nobody, and the all-clears in it are judged afterwards", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a" }).alert({ group: "b" });
    play.store = unreadable;
    play.alert({ group: "a", status: "resolved" }).alert({ group: "b", status: "resolved" }).pass(30_000);
    play.store = (group, nowMs) => fresh(group === "a" ? WELL : BAD)(group, nowMs);
    play.pass(5 * MINUTE_MS);
    expect(play.titles.slice(2)).toEqual(["OVER: a (orders): now ok"]);
  });

  test("is told once, whatever Grafana says about it besides, and its end too", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a" });
    play.store = unreadable;
    play.alert({ alertName: "DatasourceError", cluster: "" }).pass(MINUTE_MS);
    play.alert({ ...blindness }).pass(4 * MINUTE_MS);
    play.alert({ group: "a", status: "resolved" }).pass(MINUTE_MS);
    play.store = fresh(BAD);
    play.pass(MINUTE_MS);
    // Begun before sight returned, arrived after it.
    play.alert({ alertName: "DatasourceError", cluster: "", startsAt: new Date(T0).toISOString() });
    play.alert({ alertName: "DatasourceError", cluster: "", status: "resolved" });
    play.alert({ ...blindness, status: "resolved" }).pass(MINUTE_MS);
    expect(play.titles.slice(1)).toEqual([
      "Lag monitoring is blind: orders",
      "Lag monitoring sees again: orders",
    ]);
  });

  test("that only Grafana has is passed on: the relay sees, but rules are not evaluated", () => {
    const play = new Play(T0, fresh(BAD)).alert({ alertName: "DatasourceError", cluster: "" });
    play.pass(10 * MINUTE_MS).alert({ alertName: "DatasourceError", cluster: "", status: "resolved" });
    expect(play.titles).toEqual(["DatasourceError: firing", "DatasourceError: resolved"]);
  });

  test("in which a group recovers is followed by a message that says so", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a" }).alert({ group: "b" });
    play.store = unreadable;
    play.alert({ group: "a", status: "resolved" }, { group: "b", status: "resolved" }).pass(5 * MINUTE_MS);
    play.store = (group, nowMs) => fresh(group === "a" ? WELL : BAD)(group, nowMs);
    play.pass(MINUTE_MS);
    expect(play.sent.at(-1)?.text).toContain("`a` (`orders`): recovered meanwhile, now ok");
    expect(play.sent.at(-1)?.text).toContain("`b` (`orders`): still stopped");
    expect(Object.values(play.state.alerts).map(({ group }) => group)).toEqual(["b"]);
  });
});

describe("the same news", () => {
  const T0 = Date.UTC(2026, 10, 21, 12);

  test("again after five minutes is a second try of Grafana, after an hour a reminder", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a" });
    play.pass(5 * MINUTE_MS).alert({ group: "a" });
    expect(play.sent).toHaveLength(1);
    play.pass(55 * MINUTE_MS).alert({ group: "a" });
    expect(play.sent).toHaveLength(2);
  });

  test("with one alert more is news, and a part that is a false all-clear is left out of its text", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a" });
    play.alert(
      { group: "a", status: "resolved" },
      { group: "a", alertName: "KafkaConsumerObjectiveMissed", severity: "warning" },
    );
    expect(play.sent).toHaveLength(2);
    expect(play.sent[1]?.text).not.toMatch(/over|resolved|says Grafana/i);
    expect(play.sent[1]?.text).toContain("a has a problem.");
  });

  test("of an alert without stored evidence is over only when it does not fire again", () => {
    const spool = { alertName: "LagPipelineSpoolFilling", component: "delivery", severity: "warning" };
    const play = new Play(T0, fresh(BAD)).alert(spool);
    // A reload of the rules: resolved, and five minutes later firing again.
    play
      .alert({ ...spool, status: "resolved" })
      .pass(6 * MINUTE_MS)
      .alert(spool)
      .pass(20 * MINUTE_MS);
    expect(play.sent).toHaveLength(1);
    play.alert({ ...spool, status: "resolved" }).pass(11 * MINUTE_MS);
    expect(play.titles.slice(1)).toEqual(["OVER: LagPipelineSpoolFilling (orders): alert is over"]);
  });
});

test("an alert that somebody silenced is passed on as silenced, fires anew afterwards, and nobody nags meanwhile", () => {
  const play = new Play(Date.UTC(2026, 10, 21, 12), fresh(BAD)).alert({ group: "a" });
  const body = notificationBody({ group: "a", status: "resolved" });
  const silenced = {
    ...body,
    title: "SILENCED: a",
    alerts: body.alerts.map((alert) => ({
      ...alert,
      annotations: { silenced: "25m 0s", verdict: "stopped" },
    })),
  };
  play
    .receive(parseNotification(silenced))
    .pass(40 * MINUTE_MS)
    .alert({ group: "a" });
  expect(play.titles).toEqual(["a: firing", "SILENCED: a", "a: firing"]);
});

test("what Grafana has not named for two repeat intervals is forgotten, and news when it comes again", () => {
  const play = new Play(Date.UTC(2026, 10, 21, 12), fresh(BAD)).alert({ group: "a" });
  play.pass(9 * 60 * MINUTE_MS).alert({ group: "b" });
  expect(Object.values(play.state.alerts).map(({ group }) => group)).toEqual(["b"]);
});

test("an alert that the relay knows only by a false all-clear is news when it fires", () => {
  // Measured: the relay was put in place by a reload of the rules, which calls everything resolved.
  const play = new Play(Date.UTC(2026, 10, 21, 12), fresh(BAD)).alert({ group: "a", status: "resolved" });
  expect(play.sent).toEqual([]);
  play.pass(2 * MINUTE_MS).alert({ group: "a" });
  expect(play.titles).toEqual(["a: firing"]);
});

test("a Grafana that stays blind when the relay sees again is told about, once for all its rules", () => {
  const play = new Play(Date.UTC(2026, 10, 21, 12), unreadable);
  play.alert(
    { alertName: "DatasourceError", cluster: "", summary: "one" },
    { alertName: "DatasourceError", cluster: "", component: "delivery", summary: "two" },
  );
  play.pass(5 * MINUTE_MS);
  play.store = fresh(BAD);
  play.pass(60 * MINUTE_MS);
  expect(play.titles).toEqual([
    "Lag monitoring is blind: orders",
    "Lag monitoring sees again: orders",
    "Grafana cannot evaluate lag rules",
  ]);
});
