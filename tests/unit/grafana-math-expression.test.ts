import { expect, test } from "vitest";
import { evaluateMath } from "../../alerts/evaluation/math-expression.ts";

const VALUES = new Map([
  ["V", 10],
  ["R", 0.5],
]);

test.each(["$V >", "$V 10", "($V", "$Z == 1", "", "$V == one"])("%j is refused", (expression) => {
  expect(() => evaluateMath(expression, VALUES)).toThrow(/not|Not/);
});

test.each([
  ["$V == 8 || $V >= 10", 1],
  ["$V == 7 && $R <= 1", 0],
  ["$R * ($V < 8)", 0],
  ["$R * ($V > 8)", 0.5],
  ["$V - 2 * $R", 9],
  ["!($V == 8) && $R > 0", 1],
])("%s is %d", (expression, value) => {
  expect(evaluateMath(expression, VALUES)).toBe(value);
});
