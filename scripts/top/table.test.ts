import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { GroupRow } from "./groups.ts";
import { formatTable } from "./table.ts";
import { textWidth } from "./text-width.ts";

const NOW = Date.parse("2026-11-21T10:00:05Z");
const row = (group: string, change: Partial<GroupRow> = {}): GroupRow => ({
  "@timestamp": "2026-11-21T10:00:00.000Z",
  cluster: "shop",
  group,
  verdict: "ok",
  ...change,
});
const FULL = row("billing-falling-behind", {
  verdict: "falling_behind",
  time_lag_seconds: 192,
  time_lag_method: "interpolated",
  objective_seconds: 60,
  total_lag: 1919,
  lag_velocity: 8,
  produce_rate: 20,
  consume_rate: 12,
  owner_count: 2,
  partition_count: 4,
  verdict_since: "2026-11-21T09:55:05.000Z",
  cause: "About 3 min late on all partitions; lag grows by 8/s.",
});
const plain = { color: false, nowMs: NOW };

test("a name or cause cannot break the table or the terminal", () => {
  const [, line] = formatTable([row("a\nb\u001B[2J", { cause: "x\u0007y" })], { ...plain, width: 120 });
  expect(line).toMatch(/^a�b�\[2J /);
  expect(line).toMatch(/x�y$/);
});

test("without a width everything is shown", () => {
  expect(formatTable([FULL], { ...plain, width: undefined })).toEqual([
    "GROUP                   VERDICT         TIME LAG  OBJECTIVE   LAG  TREND  IN/S  OUT/S  ETA  OWNERS/PARTITIONS  SINCE  CAUSE",
    "billing-falling-behind  falling behind     3m12s      1m00s  1919  ↗      20.0   12.0    -                2/4  5m00s  About 3 min late on all partitions; lag grows by 8/s.",
  ]);
});

test.each([200, 140, 110, 90, 70, 60, 45])("no line is longer than %s columns", (width) => {
  const groups = [FULL, row("x".repeat(120), { cause: "日本".repeat(80) }), row("orders")];
  for (const line of formatTable(groups, { ...plain, width }))
    expect(textWidth(line)).toBeLessThanOrEqual(width);
});

test("on a narrow terminal group, verdict, time lag and lag stay", () => {
  const [header = ""] = formatTable([FULL], { ...plain, width: 60 });
  expect(header.split(/ {2,}/)).toEqual(["GROUP", "VERDICT", "TIME LAG", "LAG"]);
});

test("the most urgent group is on top: severity, then time lag, then lag", () => {
  const lines = formatTable(
    [
      row("idle", { verdict: "idle" }),
      row("ok-late", { time_lag_seconds: 5000 }),
      row("behind-little", { verdict: "falling_behind", time_lag_seconds: 100 }),
      row("hot-much", { verdict: "hot_partition", time_lag_seconds: 900 }),
      row("stopped-unknown-lag", { verdict: "stopped" }),
      row("stalled", { verdict: "stalled", time_lag_seconds: 3 }),
      row("unknown", { verdict: "unknown" }),
      row("ok-lag", { total_lag: 7 }),
    ],
    { ...plain, width: undefined },
  );
  expect(lines.slice(1).map((line) => line.split(" ")[0])).toEqual([
    "stalled",
    "stopped-unknown-lag",
    "hot-much",
    "behind-little",
    "unknown",
    "ok-late",
    "ok-lag",
    "idle",
  ]);
});

test("the cluster is shown only where there are several", () => {
  const header = (clusters: readonly string[]) =>
    formatTable(
      clusters.map((cluster) => row("g", { cluster })),
      { ...plain, width: undefined },
    )[0];
  expect(header(["shop", "shop"])).not.toContain("CLUSTER");
  expect(header(["shop", "bank"])).toMatch(/^CLUSTER/);
});

test("color marks severity and never widens a line", () => {
  const [header, bad, good] = formatTable([FULL, row("orders")], { color: true, nowMs: NOW, width: 80 });
  const ends = (line = "") => [line.slice(0, line.indexOf("m") + 1), line.slice(line.lastIndexOf("\u001B"))];
  expect(ends(header)).toEqual(["\u001B[1m", "\u001B[22m"]);
  expect(ends(bad)).toEqual(["\u001B[33m", "\u001B[39m"]);
  expect(textWidth(stripVTControlCharacters(bad ?? ""))).toBeLessThanOrEqual(80);
  expect(good).not.toContain("\u001B");
});
