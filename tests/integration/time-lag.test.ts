/** Stored seconds against the timestamps of the records themselves, over the last minutes of the demo's traffic. */
import { expect, it } from "vitest";
import { bootstrapHostServers } from "../../stacks/endpoints.ts";
import { formatRows, sampleTimeLags, tabulate } from "../support/time-lag-accuracy.ts";
import { CLUSTER, config, eventually, INTERVAL_MS, readAll } from "./support/deployment.ts";

/** Tests before this one crash and restart things: only ticks of a quiet moment after them count. */
const SETTLE_MS = 6 * INTERVAL_MS;
const LATE_SECONDS = 30;
const MIN_SAMPLES = 200;

it(
  "says how late a group is to within one tick plus one refresh of end offsets, for 95 of 100 documents",
  { timeout: 300_000 },
  async () => {
    const cluster = config.clusters[CLUSTER];
    if (cluster === undefined) throw new Error(`The configuration has no cluster ${CLUSTER}.`);
    const gte = new Date(Date.now() + SETTLE_MS).toISOString();
    const samples = await eventually(
      "enough partitions tell a time lag, some of them late",
      240,
      async () => {
        const documents = await readAll([
          { term: { record: "partition" } },
          { range: { "@timestamp": { gte } } },
        ]);
        const found = await sampleTimeLags(bootstrapHostServers(cluster), documents);
        const enough = (method: string): boolean =>
          found.filter((sample) => sample.method === method).length >= MIN_SAMPLES;
        // Where nobody is late, any method is accurate.
        const late = found.some(
          ({ method, truthSeconds }) => method === "interpolated" && truthSeconds > LATE_SECONDS,
        );
        return enough("exact") && enough("interpolated") && late ? found : undefined;
      },
    );
    const methods = tabulate(samples, ({ method }) => method);
    const groups = tabulate(samples, ({ group, method }) => `${group}, ${method}`);
    process.stdout.write(`${formatRows([...methods, ...groups])}\n`);

    const limit = INTERVAL_MS / 1000 + (cluster.burrow.managed?.offset_refresh_seconds ?? 10);
    const stated = methods.filter(({ name }) => name === "exact" || name === "interpolated");
    expect(stated.filter(({ p95 }) => p95 > limit)).toEqual([]);
  },
);
