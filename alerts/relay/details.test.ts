import { describe, expect, test } from "vitest";
import { withDetails } from "./details.ts";
import type { Details, PartitionDetails } from "./details.ts";
import { TEXT_LENGTH } from "./markup.ts";

const AT = Date.UTC(2026, 10, 21, 16, 57, 20);
const GRAFANA = [
  "`payments-writer` on `orders` has stopped: nothing is committed, 208.3k messages wait.",
  "Late: 26m 57s, growing, objective 2m 0s",
  "First: does the group have all its members?",
  "<https://grafana.example.org/d/lagline-group|Dashboard> · <https://grafana.example.org/x|Runbook>",
].join("\n");
const partition = (more: Partial<PartitionDetails> = {}): PartitionDetails => ({
  topic: "payments",
  partition: "3",
  lag: 12_345,
  timeLagSeconds: 842,
  timeLagMethod: "interpolated",
  commitAgeSeconds: 845,
  clientId: "client-1",
  host: "10.0.3.7",
  verdict: "stopped",
  ...more,
});
const state = (more: Partial<Extract<Details, { kind: "state" }>> = {}): Details => ({
  kind: "state",
  tickMs: AT,
  verdict: "stopped",
  cause: "No commit for 14 min on all partitions while 208,300 messages wait.",
  partitions: [partition()],
  ...more,
});
const lines = (details: Details, text = GRAFANA) => withDetails(text, details).split("\n");

describe("hostile names", () => {
  const evil = "<!channel> `x`\n*over* <http://evil.example|OK>\u202Egnp";
  const text = withDetails(
    GRAFANA,
    state({
      cause: `${evil} see http://evil.example and <@U1>`,
      partitions: [partition({ topic: evil, partition: evil, clientId: evil, host: evil })],
    }),
  );
  const own = text.split("\n").filter((line) => !GRAFANA.includes(line));

  test("neither mention nor link nor leave their line", () => {
    expect(own).toHaveLength(3);
    expect(own.join("\n")).not.toMatch(/[<>\u202E]/);
    // Slack makes links of bare addresses outside of code style.
    for (const line of own) expect(line.replaceAll(/`[^`]*`/g, "")).not.toContain("http://");
  });

  test("stay in code style, with one pair of backticks each", () => {
    expect(own[2]?.match(/`/g)).toHaveLength(6);
  });

  test("of any length leave the text below Slack's bound and the partition's number readable", () => {
    const long = "&".repeat(5000);
    const parts = Array.from({ length: 3 }, () => partition({ topic: long, clientId: long, host: long }));
    const whole = withDetails(`${GRAFANA}\n\n${GRAFANA}`, state({ cause: long, partitions: parts }));
    expect(whole.length).toBeLessThanOrEqual(TEXT_LENGTH + 2);
    expect(whole).toContain("/3`: 14m 2s late");
  });
});

test("a text at Slack's bound loses its end, not the cause", () => {
  const many = Array.from({ length: 20 }, () => GRAFANA).join("\n\n");
  const text = withDetails(many, state());
  expect(text.length).toBeLessThanOrEqual(TEXT_LENGTH + 2);
  expect(text).toContain("Cause: No commit");
  expect(text).toContain("• `payments/3`");
});

test("the cause stands under the first sentence and the partitions above the links", () => {
  expect(lines(state())).toEqual([
    GRAFANA.split("\n")[0],
    "Cause: No commit for 14 min on all partitions while 208,300 messages wait.",
    "Late: 26m 57s, growing, objective 2m 0s",
    "First: does the group have all its members?",
    "Worst partition at 16:57:20 UTC:",
    "• `payments/3`: 14m 2s late, 12.35k behind, last commit 14m 5s ago, owner `client-1` (`10.0.3.7`)",
    GRAFANA.split("\n")[3],
  ]);
});

test("what is not known is left out, never shown as 0", () => {
  const unknown = partition({ timeLagSeconds: null, commitAgeSeconds: null, clientId: null, host: null });
  expect(lines(state({ cause: "", partitions: [unknown] }))).toContain("• `payments/3`: 12.35k behind");
  expect(withDetails(GRAFANA, state({ cause: "", partitions: [] }))).toBe(GRAFANA);
});

test("a lower bound and an owner who is gone are called so", () => {
  const partitions = [
    partition({ timeLagMethod: "lower_bound" }),
    partition({ clientId: null, verdict: "stopped" }),
  ];
  const text = withDetails(GRAFANA, state({ partitions }));
  expect(text).toContain("at least 14m 2s late");
  expect(text).toContain("last owner `10.0.3.7`");
  const nobody = partition({ clientId: null, host: null, verdict: "no_owner" });
  expect(withDetails(GRAFANA, state({ partitions: [nobody] }))).toContain("ago, no owner\n");
  expect(text).toContain("Worst partitions at");
});

test("beside one stuck partition those that keep up are not listed", () => {
  const well = { verdict: "ok", timeLagSeconds: 2, lag: 7, partition: "1" } as const;
  const slow = { verdict: "ok", timeLagSeconds: 500, lag: 9000, partition: "2" } as const;
  const text = withDetails(
    GRAFANA,
    state({ partitions: [partition({ verdict: "stalled" }), partition(slow), partition(well)] }),
  );
  expect(text.match(/payments\/\d/g)).toEqual(["payments/3", "payments/2"]);
});

test("a group that is well again by the time of posting is not blamed with a cause", () => {
  const text = withDetails(
    GRAFANA,
    state({ verdict: "catching_up", cause: "5 min late and catching up.", partitions: [] }),
  );
  expect(text).toContain("Newest data says catching up: 5 min late and catching up.");
  expect(text).not.toContain("Cause:");
  const well = withDetails(GRAFANA, state({ verdict: "ok", cause: "Keeps up." }));
  expect(well).toContain("Newest data says ok: Keeps up.");
  expect(well).not.toContain("• ");
});

test("an all-clear gains its peak, as far as it is known", () => {
  const over = "`a` (`orders`) is over, confirmed by the newest data.";
  const peak = (timeLagSeconds: number | null, lag: number | null): string =>
    withDetails(over, { kind: "peak", sinceMs: AT - 600_000, untilMs: AT, timeLagSeconds, lag });
  expect(peak(1617, 208_300)).toBe(
    `${over}\nAt its worst since 16:47 UTC: 26m 57s late, 208.3k messages behind.`,
  );
  expect(peak(null, 1)).toBe(`${over}\nAt its worst since 16:47 UTC: 1 message behind.`);
  expect(peak(7, null)).toBe(`${over}\nAt its worst since 16:47 UTC: 7s late.`);
  const days = {
    kind: "peak",
    sinceMs: AT - 2 * 86_400_000,
    untilMs: AT,
    timeLagSeconds: 7,
    lag: null,
  } as const;
  expect(withDetails(over, days)).toContain("since 2026-11-19 16:57 UTC");
});
