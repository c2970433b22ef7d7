import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  endsInDay,
  fieldsOf,
  indexName,
  isDated,
  parseIndexPattern,
  searchExpression,
} from "./index-pattern.ts";

const fields = ["cluster", "host"];
const problemsOf = (text: string): readonly string[] => parseIndexPattern(text, { fields }).problems;

function nameOf(text: string, iso: string, values: Record<string, string> = {}): string {
  const { pattern, problems } = parseIndexPattern(text, { fields });
  expect(problems).toEqual([]);
  return indexName(pattern, {
    timestampMs: Date.parse(iso),
    valueOf: (field) => values[field],
    missing: "none",
  });
}

describe("a pattern is refused", () => {
  test.each([
    ["%Y.%m.%d", "must begin with a text"],
    ["{{cluster}}-%Y", "must begin with a text"],
    ["", "must begin with a text"],
    ["-lag-%Y", "must not begin with"],
    ["_lag", "must not begin with"],
    [".lag", "must not begin with"],
    ["Lag-%Y", "lower case"],
    ["lag %Y", 'the character " "'],
    ["lag/%Y", 'the character "/"'],
    ["lag-*", 'the character "*"'],
    ["lag:%Y", 'the character ":"'],
    ["lag-%x", "has %x"],
    ["lag-%", "has %, which is no date token"],
    ["lag-%%Y", "has %%"],
    ["lag-{{group}}", "these can: cluster, host"],
    ["lag-{{}}", "without a field"],
    ["lag-{{cluster", "without its other half"],
    ["lag-cluster}}", "without its other half"],
    ["lag-%Y.%V", "without its year %G"],
    ["lag-%G", "without the week %V"],
    [`lag-${"x".repeat(260)}`, "264 bytes"],
    [`lag-{{cluster}}{{host}}${"ü".repeat(60)}`, "284 bytes"],
  ])("%j", (text, reason) => {
    expect(problemsOf(text).join("; ")).toContain(reason);
  });

  test("with all its problems at once", () => {
    expect(problemsOf("{{nobody}}Lag %q-%V")).toHaveLength(6);
  });
});

describe("a name", () => {
  test.each([
    ["telegraf-%Y.%m.%d", "2026-11-21T23:59:59.999Z", "telegraf-2026.11.21"],
    ["telegraf-%y%m%d%H", "2026-01-02T03:04:05Z", "telegraf-26010203"],
    ["lag-%G.%V", "2024-12-30T00:00:00Z", "lag-2025.01"],
    ["lag-%G.%V", "2027-01-01T12:00:00Z", "lag-2026.53"],
    ["lag-%G.%V", "2026-01-01T00:00:00Z", "lag-2026.01"],
    ["lag-%G.%V", "2023-01-01T23:59:59Z", "lag-2022.52"],
    ["lag", "2026-11-21T00:00:00Z", "lag"],
  ])("%s at %s is %s", (text, iso, name) => {
    expect(nameOf(text, iso)).toBe(name);
  });

  test.each([
    ["Orders EU/1", "lag-orders_eu_1"],
    [undefined, "lag-none"],
    ["a*b?c,d#e:f", "lag-a_b_c_d_e_f"],
    ["x".repeat(500), `lag-${"x".repeat(80)}`],
    ["ü".repeat(500), `lag-${"ü".repeat(40)}`],
    [`x${"ü".repeat(500)}`, `lag-x${"ü".repeat(39)}`],
  ])("takes the field %j as %s", (cluster, name) => {
    expect(
      nameOf("lag-{{ cluster }}", "2026-11-21T00:00:00Z", cluster === undefined ? {} : { cluster }),
    ).toBe(name);
  });

  test("is one that Elasticsearch takes, whatever the value (500 cases)", () => {
    const { pattern } = parseIndexPattern("lag-{{cluster}}-%Y.%m.%d-{{host}}", { fields });
    const isTaken = (name: string): boolean =>
      !/[\\/*?"<>| ,#:\p{Cc}\p{Cs}]/u.test(name) &&
      name === name.toLowerCase() &&
      Buffer.byteLength(name) <= 255;
    const date = fc.date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200, size: "max" }), date, (value, at) => {
        const name = indexName(pattern, { timestampMs: at.getTime(), valueOf: () => value, missing: "none" });
        expect(isTaken(name) ? "taken" : name).toBe("taken");
      }),
      { numRuns: 500 },
    );
  });
});

describe("a pattern", () => {
  const parsed = (text: string) => parseIndexPattern(text, { fields }).pattern;

  test("is read with wildcards in place of what changes", () => {
    expect(searchExpression(parsed("telegraf-%Y.%m.%d"))).toBe("telegraf-*.*.*");
    expect(searchExpression(parsed("lag-{{cluster}}%Y"))).toBe("lag-*");
    expect(searchExpression(parsed("lag"))).toBe("lag");
  });

  test("tells whether the age of an index can be read off its name", () => {
    expect(endsInDay(parsed("telegraf-%Y.%m.%d"))).toBe(true);
    expect(endsInDay(parsed("lag-{{cluster}}-%Y.%m.%d"))).toBe(true);
    expect(endsInDay(parsed("telegraf.%Y.%m.%d"))).toBe(false);
    expect(endsInDay(parsed("telegraf-%Y.%m"))).toBe(false);
    expect(isDated(parsed("telegraf-%Y.%m"))).toBe(true);
    expect(isDated(parsed("lag-{{cluster}}"))).toBe(false);
  });

  test("names the fields that it needs, once each", () => {
    expect(fieldsOf(parsed("lag-{{cluster}}-{{host}}-{{cluster}}"))).toEqual(["cluster", "host"]);
  });
});
