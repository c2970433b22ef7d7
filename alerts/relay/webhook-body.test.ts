import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judgeAllClear } from "./sight.ts";
import { parseNotification } from "./webhook-body.ts";

/** Recorded from Grafana 9.4 with the rendered rules and documents of our own; see the README beside them. */
const RECORDED = join(import.meta.dirname, "..", "..", "tests", "fixtures", "grafana-webhook");
const FAULTS = readdirSync(RECORDED).filter((name) => name.endsWith(".json"));
const bodiesOf = (fault: string): readonly unknown[] => {
  const parsed: unknown = JSON.parse(readFileSync(join(RECORDED, fault), "utf8"));
  return Array.isArray(parsed) ? parsed : [];
};

test("a body that is not Grafana's is refused, and its content is not repeated", () => {
  for (const body of [null, [], {}, { receiver: "a", groupKey: "b", alerts: [] }, "secret words"]) {
    expect(() => parseNotification(body)).toThrow(/not a notification of Grafana/);
    expect(() => parseNotification(body)).not.toThrow(/secret words/);
  }
});

test("every recorded body is understood", () => {
  expect(FAULTS.length).toBeGreaterThanOrEqual(2);
  for (const fault of FAULTS) {
    for (const body of bodiesOf(fault)) expect(parseNotification(body).alerts.length).toBeGreaterThan(0);
  }
});

test.each(FAULTS)(
  "%s: Grafana calls three lasting problems resolved, and the relay believes none of them",
  (fault) => {
    const alerts = bodiesOf(fault).flatMap((body) => parseNotification(body).alerts);
    const over = alerts.filter(
      ({ status, labels }) => status === "resolved" && labels["group"] !== undefined,
    );
    expect(new Set(over.map(({ labels }) => labels["group"]))).toEqual(
      new Set(["payments-writer", "invoice-writer", "clickstream-enricher"]),
    );
    for (const { labels, endsAt } of over) {
      expect(endsAt).toBeDefined();
      const nowMs = Date.parse(endsAt ?? "");
      const about = { alertName: labels["alertname"] ?? "", nowMs, intervalSeconds: 10 };
      const unreadable = { kind: "unreadable", reason: "connection refused" } as const;
      expect(judgeAllClear(unreadable, about).kind).toBe("blind");
      // What was stored at that time: the group as bad as before.
      const group = { tickMs: nowMs, verdict: "stopped", objective_ratio: 2, partitions_stalled: 1 } as const;
      expect(judgeAllClear({ kind: "read", clusterTickMs: nowMs, group }, about).kind).toBe("still_true");
    }
  },
);
