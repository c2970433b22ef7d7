/** Ties one cluster's memory to its ticks. */
import type { Analyser, AnalyserOptions } from "./contract.ts";
import { Memory } from "./memory.ts";
import { Tick } from "./tick.ts";

/** An analyser for one cluster. Ticks must not overlap: `finish` one before the next begins. */
export function createAnalyser(options: AnalyserOptions): Analyser {
  let memory = new Memory();
  return {
    beginTick: (input) => new Tick(options, memory, input),
    exportHistory: () => new Uint8Array(0),
    importHistory: (bytes) => {
      memory = new Memory();
      return bytes.byteLength < 0;
    },
  };
}
