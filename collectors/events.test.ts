import { expect, test } from "vitest";
import { CollectorEvents } from "./events.ts";
import { createLogger, createRepeatLimiter } from "./log.ts";
import type { TickSummary } from "./pipeline.ts";

function summaryOf(server: string): TickSummary {
  return {
    tickMs: 0,
    burrow: { server, ready: true, selfLag: null, offsetRefreshSeconds: null, clockSkewMs: null, host: null },
    reachable: true,
    groups: 0,
    groupsUnreadable: 0,
    topics: 0,
    partitions: 0,
    documents: 0,
    requests: 0,
    failures: 0,
    failure: null,
    scrapeSeconds: 0,
    analysisSeconds: 0,
    heldSeconds: 0,
  };
}

test("a Burrow that another one stands in for is up no more", () => {
  const up = new Map<string, number>();
  const events = new CollectorEvents({
    log: createLogger({ level: "error", cluster: "local" }),
    repeats: createRepeatLimiter({ periodMs: 1000, now: Date.now }),
    metrics: {
      add() {},
      observe() {},
      set(name, value, labels) {
        if (name === "lagline_burrow_up") up.set(labels?.["server"] ?? "", value);
      },
    },
  });
  events.burrowState(summaryOf("http://a"));
  expect(Object.fromEntries(up)).toEqual({ "http://a": 1 });
  events.burrowState(summaryOf("http://b"));
  expect(Object.fromEntries(up)).toEqual({ "http://a": 0, "http://b": 1 });
  events.burrowState(summaryOf("http://a"));
  expect(Object.fromEntries(up)).toEqual({ "http://a": 1, "http://b": 0 });
});
