import { describe, expect, test } from "vitest";
import { createNameFilter } from "./filters.ts";

const filter = (include: string[], exclude: string[] = []) =>
  createNameFilter({ include, exclude, origin: "filters.groups" });

describe("name filters", () => {
  test("tell every bad glob and where it stands", () => {
    expect(() => filter(["a[", ""], ["b"])).toThrow(/filters\.groups .*"a\[" has \[ without \].*"" is empty/);
  });

  test("keep everything without globs", () => {
    expect(filter([])("anything/at all")).toBe(true);
  });

  test("apply include first, then exclude", () => {
    const wanted = filter(["orders-*"], ["*-test"]);
    expect(["orders-a", "orders-test", "payments"].map(wanted)).toEqual([true, false, false]);
  });

  test.each([
    ["*", "a.b/c", true],
    ["*", ".hidden", true],
    ["*", "", true],
    ["a?c", "abc", true],
    ["a[bc]", "ab", true],
    ["a[bc]", "ad", false],
    ["a+b(c)", "a+b(c)", true],
    ["!a", "!a", true],
    ["!a", "b", false],
    ["{a,b}", "a", false],
    ["orders", "orders-2", false],
    ["Orders", "orders", false],
  ])("glob %s on %j gives %s", (glob, name, expected) => {
    expect(filter([glob])(name)).toBe(expected);
  });
});
