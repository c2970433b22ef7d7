/** First file of the bundle: the collector from its code cache, every other command from its chunks. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { readScript, runScript } from "./code-cache.ts";

/**
 * One cycle (`--once`) is over in a second or two, in which V8 works for a future that does not come. A collector that
 * goes on running keeps V8's own settings, which pay for themselves there. Seconds are user+sys CPU of one cycle of 500
 * groups of 100 partitions on a busy machine, medians of the pairs' ratios.
 */
const FOR_ONE_CYCLE = [
  // Compiling larger and larger pieces that are then hardly used took a fifth of all CPU; now an eighth (6 % less in all).
  "--max-inlined-bytecode-size-cumulative=100",
  // Two full collections in a cycle instead of six, with the same peak memory: nothing is there to be collected.
  "--heap-growing-percent=300",
  // Compiled simply at once rather than interpreted first (4 % less).
  "--always-sparkplug",
];

/** A quarter of V8's own bound, which it takes only from the command line, before this file is read. */
const YOUNG_BYTES = 8 * 1024 * 1024;
/** One cycle is over soon; a service has time, and looks for as long as V8's own bound is smaller. */
const LOOK_EVERY_MS = { once: 10, service: 200 } as const;

/**
 * Ends the growth of the young generation: hardly anything in a cycle lives longer than a group, so that room for more of
 * it saves no time and costs a sixth of all memory. Containers set a bound of their own (`stacks/node-entrypoint.ts`).
 */
function boundYoungGeneration(lookEveryMs: number): void {
  if (process.execArgv.some((flag) => flag.startsWith("--max-semi-space-size"))) return;
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    if (young === undefined || young.space_size < YOUNG_BYTES) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    clearInterval(timer);
  }, lookEveryMs);
  timer.unref();
}

if (process.argv[2] === "collect") {
  const file = fileURLToPath(new URL("collect.cjs", import.meta.url));
  const script = readScript(file);
  // Behind the code cache, whose key V8's flags are a part of.
  const isOnce = process.argv.includes("--once");
  if (isOnce) for (const flag of FOR_ONE_CYCLE) setFlagsFromString(flag);
  boundYoungGeneration(isOnce ? LOOK_EVERY_MS.once : LOOK_EVERY_MS.service);
  runScript(script, file);
} else {
  await import(new URL("main.js", import.meta.url).href);
}
