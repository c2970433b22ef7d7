import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { mapBounded } from "./map-bounded.ts";

test("a failure fails the whole", async () => {
  await expect(mapBounded([1, 2, 3], 2, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

test("results keep the order of the list, and no more than the limit run at a time", async () => {
  let running = 0;
  let most = 0;
  const results = await mapBounded([30, 5, 20, 1, 10], 2, async (milliseconds) => {
    running += 1;
    most = Math.max(most, running);
    await delay(milliseconds);
    running -= 1;
    return milliseconds * 2;
  });
  expect(results).toEqual([60, 10, 40, 2, 20]);
  expect(most).toBe(2);
});

test("an empty list gives an empty list", async () => {
  expect(await mapBounded([], 4, () => Promise.resolve(1))).toEqual([]);
});
