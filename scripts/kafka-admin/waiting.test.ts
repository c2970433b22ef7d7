import { ProtocolError } from "@platformatic/kafka";
import { expect, test, vi } from "vitest";
import { LaglineError } from "../../model/errors.ts";
import { atMost, retryUntil, sleep } from "./waiting.ts";

const refused = () =>
  Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9092"), { code: "ECONNREFUSED" });
const options = (change: Partial<Parameters<typeof retryUntil>[1]> = {}) => ({
  failure: "Kafka at 127.0.0.1:9092 did not answer",
  hint: "Start it.",
  deadlineSeconds: 0.05,
  pauseMilliseconds: 5,
  signal: new AbortController().signal,
  ...change,
});

test("a deadline that passes tells how long it waited and the last reason", async () => {
  await expect(retryUntil(() => Promise.reject(refused()), options())).rejects.toMatchObject({
    code: "LAGLINE_KAFKA_UNREACHABLE",
    message: "Kafka at 127.0.0.1:9092 did not answer within 0.05 s: connect ECONNREFUSED 127.0.0.1:9092.",
  });
});

test("an error that will not pass by itself ends at once", async () => {
  const attempt = vi.fn<() => Promise<never>>(() =>
    Promise.reject(new ProtocolError("INVALID_CONFIG", "Unknown option")),
  );
  await expect(retryUntil(attempt, options({ deadlineSeconds: 60 }))).rejects.toMatchObject({
    code: "LAGLINE_KAFKA_REFUSED",
  });
  expect(attempt).toHaveBeenCalledTimes(1);
});

test("an abort ends the waiting as an interruption", async () => {
  const signal = AbortSignal.timeout(20);
  await expect(
    retryUntil(() => Promise.reject(refused()), options({ deadlineSeconds: 60, signal })),
  ).rejects.toMatchObject({ code: "LAGLINE_INTERRUPTED" });
});

test("a sentence of ours that will not pass is given on as it is", async () => {
  const ours = new LaglineError({ code: "LAGLINE_DEMO_REMOTE", message: "No." });
  await expect(retryUntil(() => Promise.reject(ours), options({ deadlineSeconds: 60 }))).rejects.toBe(ours);
});

test("attempts are repeated until one succeeds, and a reason is told once", async () => {
  const told = vi.fn<(reason: string) => void>();
  let attempts = 0;
  const attempt = () => {
    attempts += 1;
    return attempts < 4 ? Promise.reject(refused()) : Promise.resolve("there");
  };
  expect(await retryUntil(attempt, options({ deadlineSeconds: 5, onWaiting: told }))).toBe("there");
  expect(told.mock.calls).toEqual([["connect ECONNREFUSED 127.0.0.1:9092"]]);
});

test("an aborted sleep ends early and quietly", async () => {
  const startedAt = performance.now();
  await sleep(10_000, AbortSignal.timeout(10));
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

test("atMost gives the value, or undefined after its time or a failure", async () => {
  expect(await atMost(1000, Promise.resolve(7))).toBe(7);
  expect(await atMost(1000, Promise.reject(new Error("no")))).toBeUndefined();
  expect(await atMost(5, new Promise(() => undefined))).toBeUndefined();
});
