import { expect, test } from "vitest";
import { CollectorEvents } from "./events.ts";
import { createLogger, createRepeatLimiter } from "./log.ts";
import type { TickSummary } from "./pipeline.ts";

function summaryOf(server: string, host: string | null = null): TickSummary {
  return {
    tickMs: 0,
    burrow: { server, ready: true, selfLag: null, offsetRefreshSeconds: null, clockSkewMs: null, host },
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

type Seen = {
  readonly up: Map<string, number>;
  readonly counted: string[];
  readonly events: CollectorEvents;
};

function watch(): Seen {
  const up = new Map<string, number>();
  const counted: string[] = [];
  const events = new CollectorEvents({
    log: createLogger({ level: "error", cluster: "local" }),
    repeats: createRepeatLimiter({ periodMs: 1000, now: Date.now }),
    metrics: {
      add(name) {
        counted.push(name);
      },
      observe() {},
      set(name, value, labels) {
        if (name === "lagline_burrow_up") up.set(labels?.["server"] ?? "", value);
      },
    },
  });
  return { up, counted, events };
}

test("a Burrow that another one stands in for is up no more", () => {
  const { up, events } = watch();
  events.burrowState(summaryOf("http://a"));
  expect(Object.fromEntries(up)).toEqual({ "http://a": 1 });
  events.burrowState(summaryOf("http://b"));
  expect(Object.fromEntries(up)).toEqual({ "http://a": 0, "http://b": 1 });
  events.burrowState(summaryOf("http://a"));
  expect(Object.fromEntries(up)).toEqual({ "http://a": 1, "http://b": 0 });
});

test("another host is a surprise behind the same address, and none behind the next one of the list", () => {
  const { counted, events } = watch();
  events.burrowState(summaryOf("http://a", "one"));
  events.burrowState(summaryOf("http://b", "two"));
  expect(counted).toEqual([]);
  events.burrowState(summaryOf("http://b", "three"));
  expect(counted).toEqual(["lagline_burrow_host_changes_total"]);
});
