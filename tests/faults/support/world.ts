/** A fake Burrow whose consumers work: offsets and commit times move with the clock of the test. */
import { setTimeout as sleep } from "node:timers/promises";
import { type FakeBurrow, type FakePartition, startFakeBurrow } from "../../fakes/fake-burrow.ts";
import { CLUSTER } from "./collector-under-test.ts";

export type World = {
  readonly burrow: FakeBurrow;
  /** Produces and consumes up to this time (epoch ms). */
  live(nowMs: number): void;
};

export async function startWorld(size: { groups: number; partitions: number }): Promise<World> {
  const burrow = await startFakeBurrow();
  let produced = 0;
  return {
    burrow,
    live(nowMs) {
      produced += 100;
      const end = Array.from({ length: size.partitions }, (_, partition) => 1_000_000 + partition + produced);
      const groups = new Map(
        Array.from({ length: size.groups }, (_, group) => [
          `service-${group}`,
          end.map((offset, partition) => partitionAt({ offset, partition, nowMs, lag: group * 3 })),
        ]),
      );
      burrow.requests.length = 0;
      burrow.setCluster(CLUSTER, { topics: new Map([["orders", end]]), groups });
    },
  };
}

function partitionAt(at: { offset: number; partition: number; nowMs: number; lag: number }): FakePartition {
  const { offset, partition, nowMs, lag } = at;
  const commit = (behindMs: number, back: number) => ({
    offset: offset - lag - back,
    timestamp: nowMs - behindMs,
    observedAt: Math.floor((nowMs - behindMs) / 1000) * 1000,
    lag,
  });
  return {
    topic: "orders",
    partition,
    owner: `/10.0.0.${partition % 3}`,
    client_id: `c-${partition % 3}`,
    start: commit(92_000, 300),
    end: commit(2_000, 0),
    current_lag: lag,
    complete: 1,
  };
}

/** @throws Error naming what was waited for. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error(`Waited in vain for: ${what}`);
    await sleep(5);
  }
}
