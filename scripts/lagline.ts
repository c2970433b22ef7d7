/**
 * The `lagline` command. Every subcommand loads its own code when it runs, so that the collector's start does not pay
 * for the deployment's libraries. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
 */
import { ALL_COMMANDS } from "./commands/all.ts";
import { runProgram } from "./program.ts";

await runProgram(ALL_COMMANDS);
