/** Runs a command line made of subcommands. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. */
import process from "node:process";
import { Command, CommanderError } from "commander";
import { LaglineError, describeError } from "../model/errors.ts";
import { LAGLINE_VERSION } from "../stacks/versions.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Parses the arguments of this process and runs the subcommand they name; sets the exit code, never throws. */
export async function runProgram(subcommands: readonly ((program: Command) => void)[]): Promise<void> {
  const program = new Command("lagline")
    .description("Kafka consumer-lag monitoring as code: one YAML file in, a running monitor out.")
    .version(LAGLINE_VERSION)
    .showHelpAfterError("Run the command with --help for its options and an example.")
    .exitOverride();
  for (const add of subcommands) {
    add(program);
  }
  for (const command of program.commands) {
    command.exitOverride();
  }
  // Without a listener Node opens its debugger at this signal, to whoever can reach the port; Telegraf flushes at it, so
  // that people and scripts send it. The collector adds what it does then.
  process.on("SIGUSR1", () => undefined);
  // `lagline advise | head`: the reader has seen enough, which is no reason to stop half-way in what the command does.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has printed its own sentence; help and version are not failures.
    return error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
  process.stderr.write(`${describeError(error)}\n`);
  return error instanceof LaglineError && /^LAGLINE_(CONFIG|USAGE)_/.test(error.code)
    ? EXIT_USAGE
    : EXIT_FAILED;
}
