import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startDeadline, withDeadline } from "./deadline.ts";

test("the time aborts it, as a timeout, and nothing is left at the outer signal", async () => {
  const outer = new AbortController();
  const deadline = startDeadline(5, outer.signal);
  await sleep(30);
  expect(deadline.signal.aborted).toBe(true);
  expect(deadline.signal.reason).toMatchObject({ name: "TimeoutError" });
  expect(deadline.isOver()).toBe(true);
  deadline.end();
  expect(getEventListeners(outer.signal, "abort")).toEqual([]);
});

test("an outer signal aborts it with its reason, also one that was aborted before, and then the time is not over", async () => {
  const reason = new Error("stopped");
  const outer = new AbortController();
  const deadline = startDeadline(10, new AbortController().signal, outer.signal);
  outer.abort(reason);
  expect(deadline.signal.reason).toBe(reason);
  expect(startDeadline(10, outer.signal).signal.reason).toBe(reason);
  await sleep(30);
  expect(deadline.isOver()).toBe(false);
});

test("after its end neither time nor outer signal abort it", async () => {
  const outer = new AbortController();
  const deadline = startDeadline(5, outer.signal);
  deadline.end();
  outer.abort();
  await sleep(30);
  expect(deadline.signal.aborted).toBe(false);
});

test("work that fails or ends lets go of the outer signal", async () => {
  const outer = new AbortController();
  const limits = { ms: 1000, signals: [outer.signal] };
  expect(await withDeadline(limits, async (signal) => signal.aborted)).toBe(false);
  const failing = withDeadline(limits, async () => {
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(getEventListeners(outer.signal, "abort")).toEqual([]);
});
