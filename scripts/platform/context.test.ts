import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createLane } from "./context.ts";
import { cacheDirectory } from "./paths.ts";
import { runTogether } from "./run-together.ts";

it("runs the tasks of one lane one after the other, also after a failure", async () => {
  const lane = createLane();
  const events: string[] = [];
  const task = async (name: string, fails: boolean): Promise<void> =>
    lane(async () => {
      events.push(`${name} starts`);
      await sleep(5);
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
    });
  const results = await Promise.allSettled([task("a", true), task("b", false)]);
  expect(results.map((result) => result.status)).toEqual(["rejected", "fulfilled"]);
  expect(events).toEqual(["a starts", "a ends", "b starts", "b ends"]);
});

it("stops the other tasks at the first failure and tells that one", async () => {
  const stop = new AbortController();
  const running = runTogether(stop, ["bad", "slow"], async (name) => {
    if (name === "bad") throw new Error("no disk");
    await sleep(10_000, undefined, { signal: stop.signal });
  });
  await expect(running).rejects.toThrow("no disk");
  expect(stop.signal.aborted).toBe(true);
});

it("finds the cache folder from the environment", () => {
  expect(cacheDirectory({ LAGLINE_CACHE_DIR: "/a" })).toBe("/a");
  expect(cacheDirectory({ XDG_CACHE_HOME: "/b" })).toBe("/b/lagline");
  expect(cacheDirectory({})).toMatch(/\/\.cache\/lagline$/);
});
