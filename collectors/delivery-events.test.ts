import { describe, expect, test } from "vitest";
import { createShipperEvents } from "./delivery-events.ts";
import type { BackingOff } from "./elasticsearch/shipper.ts";
import { createLogger, createRepeatLimiter } from "./log.ts";
import { NO_METRICS } from "./metrics.ts";

const FAULT: BackingOff = { reason: "unreachable", detail: "No.", status: 0, failures: 1, delayMs: 100 };

/** Events on a clock of the test's, and the codes of the lines that they wrote. */
function setup() {
  const clock = { ms: 0 };
  const codes: string[] = [];
  const log = createLogger({ level: "info", cluster: "c", collector: "n" });
  const keep = (about: { readonly code?: string }): void => void codes.push(about.code ?? "");
  const repeats = createRepeatLimiter({ periodMs: 300_000, now: () => clock.ms });
  const events = createShipperEvents({
    log: Object.assign(Object.create(log), { info: keep, warn: keep }),
    metrics: NO_METRICS,
    repeats,
  });
  return { clock, codes, events };
}

describe("an Elasticsearch that fails again and again for a moment, as with one node of three down", () => {
  test("is said once per interval, and its recovery as often", () => {
    const { clock, codes, events } = setup();
    for (let minute = 0; minute < 60; minute += 1) {
      clock.ms = minute * 60_000;
      events.backingOff?.(FAULT);
      events.recovered?.({ failures: 1, seconds: 1 });
    }
    expect(codes.filter((code) => code.endsWith("_RETRY"))).toHaveLength(12);
    expect(codes.filter((code) => code.endsWith("_RECOVERED"))).toHaveLength(12);
    expect(codes.at(-1)).toBe("LAGLINE_ELASTICSEARCH_RECOVERED");
  });

  test("and then stays away: that it is back is said, although the failure was said earlier", () => {
    const { clock, codes, events } = setup();
    events.backingOff?.(FAULT);
    for (let second = 1; second < 120; second += 1) {
      clock.ms = second * 1_000;
      events.backingOff?.(FAULT);
    }
    events.recovered?.({ failures: 120, seconds: 120 });
    expect(codes).toEqual(["LAGLINE_ELASTICSEARCH_RETRY", "LAGLINE_ELASTICSEARCH_RECOVERED"]);
  });

  test("and once for longer: its end is said with its length, although its beginning was held back", () => {
    const { codes, events } = setup();
    events.backingOff?.(FAULT);
    events.recovered?.({ failures: 1, seconds: 1 });
    events.backingOff?.(FAULT);
    events.recovered?.({ failures: 9, seconds: 180 });
    expect(codes.filter((code) => code.endsWith("_RECOVERED"))).toHaveLength(2);
  });
});
