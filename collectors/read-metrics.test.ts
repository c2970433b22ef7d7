import { expect, test } from "vitest";
import { createReadMetrics } from "./read-metrics.ts";
import type { MetricsText, Reading } from "./read-metrics.ts";

async function linesOf(name: string, metrics: MetricsText): Promise<string[]> {
  return (await metrics.render()).split("\n").filter((line) => line.startsWith(name));
}

test("a gauge without a number is absent, comes, and goes again", async () => {
  let value: number | null = null;
  const metrics = await createReadMetrics([
    { name: "lagline_x", type: "gauge", help: "X.", read: () => [{ value }] },
  ]);
  expect(await linesOf("lagline_x", metrics)).toEqual([]);
  value = 0;
  expect(await linesOf("lagline_x", metrics)).toEqual(["lagline_x 0"]);
  value = null;
  expect(await linesOf("lagline_x", metrics)).toEqual([]);
});

test("labels that are read no more are gone", async () => {
  let readings: readonly Reading[] = [
    { labels: { kind: "a" }, value: 1 },
    { labels: { kind: "b" }, value: null },
    { labels: { kind: "c" }, value: 3 },
  ];
  const read = (): readonly Reading[] => readings;
  const metrics = await createReadMetrics([
    { name: "lagline_g", type: "gauge", help: "G.", labels: ["kind"], read },
    { name: "lagline_c_total", type: "counter", help: "C.", labels: ["kind"], read },
  ]);
  expect(await linesOf("lagline_g", metrics)).toEqual(['lagline_g{kind="a"} 1', 'lagline_g{kind="c"} 3']);
  readings = [{ labels: { kind: "c" }, value: 4 }];
  expect(await linesOf("lagline_g", metrics)).toEqual(['lagline_g{kind="c"} 4']);
  expect(await linesOf("lagline_c_total", metrics)).toEqual(['lagline_c_total{kind="c"} 4']);
});

test("a counter says what was read, however often it is asked", async () => {
  const metrics = await createReadMetrics([
    { name: "lagline_n_total", type: "counter", help: "N.", read: () => [{ value: 7 }] },
  ]);
  await metrics.render();
  expect(await linesOf("lagline_n_total", metrics)).toEqual(["lagline_n_total 7"]);
  expect(metrics.contentType).toMatch(/^text\/plain/);
  expect(await metrics.render()).toContain("process_cpu_seconds_total");
});
