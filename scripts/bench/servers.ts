/**
 * Child process of the benchmark: a fake Burrow with a large cluster and a sink for documents, so that their cost is
 * not counted. Reads the load as JSON from the first argument, prints the ports, answers `counts`, `refresh`
 * and `trouble <ms>` with what the sink received so far, and ends with stdin.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { z } from "zod";
import { fillBurrow } from "../../tests/fakes/burrow-load.ts";
import { startFakeBurrow } from "../../tests/fakes/fake-burrow.ts";
import { startElasticsearchSink } from "./elasticsearch-sink.ts";

const load = z
  .strictObject({
    cluster: z.string(),
    groups: z.int(),
    partitionsPerGroup: z.int(),
    topics: z.int(),
    partitionsPerTopic: z.int(),
  })
  .parse(JSON.parse(process.argv[2] ?? "{}"));

/** Messages per second and partition; consumers keep up with it. */
const PRODUCE_RATE = 50;

let firstRequestMs: number | null = null;
const burrow = await startFakeBurrow({
  onRequest: () => {
    firstRequestMs ??= performance.now();
  },
});
const sink = await startElasticsearchSink();
const startedMs = Date.now();
refresh();
process.stdout.write(`${JSON.stringify({ burrow: burrow.port, elasticsearch: sink.port })}\n`);

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [command, ms] = line.split(" ");
  if (command === "refresh") {
    refresh();
  } else if (command === "trouble") {
    sink.trouble(Number(ms));
  }
  const { lastDocumentMs, ...received } = sink.counts;
  const busySeconds =
    firstRequestMs === null || lastDocumentMs < firstRequestMs ? 0 : (lastDocumentMs - firstRequestMs) / 1000;
  const counts = {
    ...received,
    connections: burrow.connections(),
    isAsked: firstRequestMs !== null,
    busySeconds,
  };
  process.stdout.write(`${JSON.stringify(counts)}\n`);
});
lines.on("close", () => {
  process.exit(0);
});

function refresh(): void {
  const nowMs = Date.now();
  const produced = Math.floor((nowMs - startedMs) / 1000) * PRODUCE_RATE;
  fillBurrow(burrow, { ...load, nowMs, produced });
  // Now rather than in the time that is measured.
  burrow.buildAnswers();
  firstRequestMs = null;
}
