import { expect, test } from "vitest";
import { free } from "./free.ts";

test("a small buffer keeps its bytes, because others lie in the same memory", () => {
  const [first, second] = [Buffer.from("first"), Buffer.from("second")];
  free(first);
  expect([first.toString(), second.toString()]).toEqual(["first", "second"]);
});

test("the whole memory of a large buffer is free, also when only a part of it was shown", () => {
  const large = Buffer.alloc(100_000, "x");
  const part = large.subarray(10, 20);
  free(part);
  expect([large.length, part.length, large.buffer.byteLength]).toEqual([0, 0, 0]);
});

test("may be asked for twice", () => {
  const large = Buffer.alloc(100_000, "x");
  free(large);
  expect(() => {
    free(large);
  }).not.toThrow();
});
