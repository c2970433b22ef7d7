/** Alerts that Grafana ends while fresh data shows them, as each reload of its alert provisioning does. */
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
import type { Reading } from "./sight.ts";
import { parseNotification } from "./webhook-body.ts";

const T0 = Date.UTC(2026, 10, 21, 12);
const TITLE = "Grafana ended 3 alerts that the data still shows";
/** The groups of the recording, as they are while nothing has healed. */
const LASTING = {
  "payments-writer": BAD,
  "invoice-writer": { verdict: "stalled", objective_ratio: 9, partitions_stalled: 1 },
  "clickstream-enricher": { verdict: "hot_partition", objective_ratio: 2.9 },
} as const;
const lasting = (group: string, nowMs: number): Reading =>
  group in LASTING
    ? fresh(LASTING[group as keyof typeof LASTING])(group, nowMs)
    : { kind: "read", clusterTickMs: nowMs, group: null };

/** Three groups fire and were told about. */
const firing = (): Play =>
  new Play(T0, fresh(BAD))
    .alert({ group: "a" })
    .alert({ group: "b" })
    .alert({ group: "c" })
    .pass(5 * MINUTE_MS);

test("a reload while three groups fire: one message that wakes nobody, no all-clear, right afterwards", () => {
  const play = replay("provisioning-reload", () => lasting);
  play.pass(3 * MINUTE_MS);
  for (const body of recordedNotifications("provisioning-reload").slice(0, 3)) play.receive(body);
  play.pass(40 * MINUTE_MS);
  expect(play.titles.slice(3)).toEqual([TITLE]);
  const message = play.sent[3];
  expect(message?.mention).toBe(false);
  expect(message?.text.split("\n").slice(2).toSorted()).toEqual([
    "• `clickstream-enricher` (`orders`): still hot partition",
    "• `invoice-writer` (`orders`): still stalled",
    "• `payments-writer` (`orders`): still stopped",
  ]);
  expect(play.sent.filter(isAllClear)).toEqual([]);
  expect(play.account[0]).toBe(play.account[1]);
  // Right: Grafana's word counts again, and a real recovery is told, once, for each.
  expect(Object.values(play.state.alerts).map(({ heldSinceMs }) => heldSinceMs)).toEqual([null, null, null]);
  play.store = fresh(WELL);
  const over = recordedNotifications("provisioning-reload").filter(
    ({ alerts }) => alerts[0]?.status === "resolved",
  );
  for (const body of over) play.receive(body);
  expect(play.sent.filter(isAllClear)).toHaveLength(3);
});

describe("one burst is one message", () => {
  test("also where Grafana holds back news of a group for its group interval", () => {
    const play = firing().alert({ group: "a", status: "resolved" });
    play.pass(4 * MINUTE_MS).alert({ group: "b", status: "resolved" });
    play
      .pass(MINUTE_MS)
      .alert({ group: "c", status: "resolved" })
      .pass(5 * MINUTE_MS);
    expect(play.titles.slice(3)).toEqual(["Grafana ended an alert that the data still shows"]);
    // Groups that it has not ended yet are named too: it will.
    for (const group of ["a", "b", "c"]) expect(play.sent[3]?.text).toContain(`\`${group}\``);
  });

  test("and a second reload an hour later is a second message", () => {
    const play = firing();
    for (let reload = 0; reload < 2; reload += 1) {
      for (const group of ["a", "b", "c"]) play.alert({ group, status: "resolved" });
      play.pass(5 * MINUTE_MS);
      for (const group of ["a", "b", "c"]) play.alert({ group });
      play.pass(20 * MINUTE_MS);
    }
    expect(play.titles.slice(3)).toEqual([TITLE, TITLE]);
  });

  test("over a restart of the relay, because it is part of the state", () => {
    const play = firing()
      .alert({ group: "a", status: "resolved" })
      .pass(2 * MINUTE_MS);
    const again = new Play(play.nowMs, fresh(BAD));
    again.state = structuredClone(play.state);
    again.alert({ group: "b", status: "resolved" }).pass(5 * MINUTE_MS);
    expect(again.titles).toEqual([]);
  });
});

describe("nothing is said", () => {
  test("when Grafana fires again before anybody could wonder", () => {
    const play = firing().alert({ group: "a", status: "resolved" }).pass(30_000).alert({ group: "a" });
    expect(play.pass(10 * MINUTE_MS).titles.slice(3)).toEqual([]);
  });

  test("about a group that recovers meanwhile, but its all-clear", () => {
    const play = firing().alert({ group: "a", status: "resolved" }).pass(30_000);
    play.store = fresh(WELL);
    expect(play.pass(10 * MINUTE_MS).titles.slice(3)).toEqual(["OVER: a (orders): now ok"]);
  });

  test("about an alert that gave way to another one, as when a late group stops", () => {
    const late = { group: "a", alertName: "KafkaConsumerObjectiveMissed", severity: "warning" };
    const growing = { group: "b", alertName: "KafkaConsumerLagGrowing", severity: "warning" };
    const play = new Play(T0, fresh({ verdict: "falling_behind", objective_ratio: 2 })).alert(late);
    play.alert(growing).pass(5 * MINUTE_MS);
    // Late, so that it is no longer only growing.
    play.alert({ ...growing, status: "resolved" }).pass(5 * MINUTE_MS);
    play.store = fresh(BAD);
    play.alert({ ...late, status: "resolved" }).pass(5 * MINUTE_MS);
    expect(play.titles).toEqual(["a: firing", "b: firing"]);
  });

  test("about a group that hovers at its objective", () => {
    const late = { group: "a", alertName: "KafkaConsumerObjectiveMissed", severity: "warning" };
    const play = new Play(T0, fresh({ verdict: "falling_behind", objective_ratio: 1.05 })).alert(late);
    play.alert({ ...late, status: "resolved" }).pass(5 * MINUTE_MS);
    expect(play.titles).toEqual(["a: firing"]);
  });

  test("about alerts that people were never told about", () => {
    const play = new Play(T0, fresh(BAD)).alert({ group: "a", status: "resolved" });
    expect(play.pass(5 * MINUTE_MS).titles).toEqual([]);
  });

  test("about alerts that Grafana lost sight of for a moment", () => {
    const body = notificationBody({ group: "a", status: "resolved" });
    const play = firing().receive(
      parseNotification({
        ...body,
        alerts: body.alerts.map((alert) => ({
          ...alert,
          annotations: { grafana_state_reason: "MissingSeries" },
        })),
      }),
    );
    expect(play.pass(5 * MINUTE_MS).titles.slice(3)).toEqual([]);
  });

  test("while the cluster is blind: that is told instead", () => {
    const play = firing().alert({ group: "a", status: "resolved" }).pass(30_000);
    play.store = unreadable;
    play.alert({ group: "b", status: "resolved" }).pass(5 * MINUTE_MS);
    expect(play.titles.slice(3)).toEqual(["Lag monitoring is blind: orders"]);
    play.store = fresh(BAD);
    play.pass(5 * MINUTE_MS);
    expect(play.titles.slice(4)).toEqual(["Lag monitoring sees again: orders"]);
  });

  test("about what a told blindness left behind, though Grafana sends it minutes later", () => {
    const play = firing();
    play.store = stoppedAt(T0);
    play.alert({ alertName: "LagPipelineDataStale orders", component: "pipeline" }).pass(3 * MINUTE_MS);
    const endsAt = new Date(play.nowMs).toISOString();
    play.store = fresh(BAD);
    play.pass(3 * MINUTE_MS);
    const body = notificationBody({ group: "a", status: "resolved" });
    play.receive(parseNotification({ ...body, alerts: body.alerts.map((alert) => ({ ...alert, endsAt })) }));
    play.pass(5 * MINUTE_MS);
    expect(play.titles.slice(3)).toEqual([
      "Lag monitoring is blind: orders",
      "Lag monitoring sees again: orders",
    ]);
  });
});

test("what fires again after a reload is no reminder, however long ago it was told", () => {
  const play = firing().pass(50 * MINUTE_MS);
  for (const group of ["a", "b", "c"]) play.alert({ group, status: "resolved" });
  play.pass(5 * MINUTE_MS);
  for (const group of ["a", "b", "c"]) play.alert({ group });
  expect(play.titles.slice(3)).toEqual([TITLE]);
  // Grafana's own repetition is one.
  play.pass(60 * MINUTE_MS).alert({ group: "a" });
  expect(play.titles.slice(4)).toEqual(["a: firing"]);
});
