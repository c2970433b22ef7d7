/** `lagline collect` alone: what the bundle starts for the collector, whose start must not pay for other commands. */
import { addPipelineCommands } from "../commands/pipeline.ts";
import { runProgram } from "../program.ts";

void runProgram([addPipelineCommands]);
