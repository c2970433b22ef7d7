import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { METRICS } from "../../collectors/metrics.ts";
import { LIMITS } from "../../config/limits.ts";
import { collector } from "../../config/collector-schema.ts";
import { limitsReference, settingOf } from "./limits.ts";

test("a limit that is no setting is an error", () => {
  expect(() => settingOf({ properties: {} }, "collector.limits.nothing")).toThrow(
    "The schema has no setting collector.limits.nothing.",
  );
});

test("every bound of the schema has its row, and none stands twice", () => {
  const defaults = collector.parse(undefined);
  const bounds = [
    ...Object.keys(defaults.limits).map((name) => `collector.limits.${name}`),
    ...Object.keys(defaults.spool).map((name) => `collector.spool.${name}`),
  ];
  const settings = LIMITS.map(({ setting }) => setting);
  expect(settings).toEqual(expect.arrayContaining(bounds));
  expect(new Set(settings).size).toBe(settings.length);
});

test("every counter is a metric with that label", () => {
  const unknown = LIMITS.flatMap(({ counter }) => {
    const [, name = "", label] = /^(\w+)(?:\{(\w+)=)?/.exec(counter ?? "") ?? [];
    const info: { readonly labels?: readonly string[] } | undefined = Reflect.get(METRICS, name);
    const isKnown = info !== undefined && (label === undefined || info.labels?.includes(label) === true);
    return counter === null || isKnown ? [] : [counter];
  });
  expect(unknown).toEqual([]);
});

test("the code of every line stands in the collector's source", () => {
  const source = ["events.ts", "delivery-events.ts"]
    .map((file) => readFileSync(new URL(`../../collectors/${file}`, import.meta.url), "utf8"))
    .join("");
  // Codes about Burrow are put together from the kind of the problem.
  const codes = LIMITS.flatMap(({ code }) =>
    code === null || code.startsWith("LAGLINE_BURROW_") ? [] : [code],
  );
  expect(codes.filter((code) => !source.includes(`"${code}"`))).toEqual([]);
  expect(codes.length).toBeGreaterThan(3);
});

test("the page has a row with default and meaning for each", () => {
  const rows = limitsReference()
    .split("\n")
    .filter((line) => line.startsWith("| `collector."));
  expect(rows).toHaveLength(LIMITS.length);
  expect(rows.every((row) => !row.includes("undefined") && !row.includes("|  |"))).toBe(true);
});
