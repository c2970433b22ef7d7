import { expect, test } from "vitest";
import { expandNotation } from "./notation.ts";

test.each(["", "5x3", "5*", "*3", "ok+1*3", "5*0", "1*30000", "5 * 3", "a b/c", "1+*3"])(
  "%j is refused with a sentence",
  (source) => {
    expect(() => expandNotation(source)).toThrow(/^must (be|have)/);
  },
);

test.each([
  ["5", [5]],
  ["5*3", [5, 5, 5]],
  ["0+30*3 _*2 -1.5", [0, 30, 60, undefined, undefined, -1.5]],
  ["10-2.5*3", [10, 7.5, 5]],
  ["ok*2 falling_behind", ["ok", "ok", "falling_behind"]],
  ["1*5 1*0".slice(0, 3), [1, 1, 1, 1, 1]],
])("%j is %j", (source, values) => {
  expect(expandNotation(source)).toEqual(values);
});
