import { expect, test } from "vitest";
import { nameFilter } from "./globs.ts";

test.each([
  ["orders", "orders-a", false],
  ["orders-*", "orders-", true],
  ["*", "team/orders", true],
  ["*", ".hidden", true],
  ["order?", "orders", true],
  ["{a,b}-x", "b-x", true],
  ["[ab]x", "cx", false],
  ["!orders", "billing", false],
  ["[x]", "[x]", true],
])("%s against %s is %s", (glob, name, expected) => {
  expect(nameFilter([glob])(name)).toBe(expected);
});

test("no glob matches all, several match any", () => {
  expect(nameFilter([])("anything")).toBe(true);
  expect(nameFilter(["a", "b*"])("bc")).toBe(true);
});
