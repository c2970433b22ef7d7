/** Lag analysis: snapshots of Burrow in, documents with seconds late, trend, verdict and cause out. Pure, no I/O. */
export { createAnalyser } from "./analyser.ts";
export type { Analyser, AnalyserOptions, TickAnalysis, TickInput } from "./contract.ts";
