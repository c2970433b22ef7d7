/** Ties one cluster's memory to its ticks. */
import type { Analyser, AnalyserOptions } from "./contract.ts";
import { decodeHistory, encodeHistory } from "./history-codec.ts";
import { Memory } from "./memory.ts";
import { Tick } from "./tick.ts";

/** An analyser for one cluster. Ticks must not overlap: `finish` one before the next begins. */
export function createAnalyser(options: AnalyserOptions): Analyser {
  let memory = new Memory();
  return {
    beginTick: (input) => new Tick(options, memory, input),
    exportHistory: () => encodeHistory(memory, options.cluster),
    importHistory: (bytes) => {
      const decoded = decodeHistory(bytes, options.cluster);
      memory = decoded ?? new Memory();
      return decoded !== null;
    },
  };
}
