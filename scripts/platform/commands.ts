/** Runs other programs: output goes to a log file, failures become sentences, an abort ends them. */
import { appendFile } from "node:fs/promises";
import { execa, ExecaError } from "execa";
import { LaglineError } from "../../model/errors.ts";

export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text for standard input; nothing is read from the terminal otherwise. */
  readonly input?: string;
  readonly timeoutMs?: number;
  /** What ends it early. @default SIGTERM, then SIGKILL after ten seconds */
  readonly killSignal?: "SIGKILL";
};

export type RunOptions = { readonly signal: AbortSignal; readonly logFile?: string };

export type CommandResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs to the end and fails on a non-zero exit. Returns standard output without the last line break. */
export async function runCommand(command: Command, options: RunOptions): Promise<string> {
  if (options.logFile !== undefined) await appendFile(options.logFile, `$ ${describeCommand(command)}\n`);
  try {
    const result = await execa(command.file, command.args, {
      ...commonOptions(command, options.signal),
      ...(options.logFile === undefined ? {} : logTo(options.logFile)),
    });
    return result.stdout;
  } catch (error) {
    throw toLaglineError(command, error, options.signal);
  }
}

/** For questions whose answer may be "no": never fails on an exit code or a missing program (127). */
export async function probeCommand(command: Command, signal: AbortSignal): Promise<CommandResult> {
  const result = await execa(command.file, command.args, {
    ...commonOptions(command, signal),
    reject: false,
  });
  signal.throwIfAborted();
  const missing = result.failed && result.exitCode === undefined;
  return {
    exitCode: missing ? 127 : (result.exitCode ?? 1),
    stdout: result.stdout ?? "",
    stderr: result.stderr ?? "",
  };
}

/** Takes user names and passwords out of URLs, so that no log or message repeats them. */
export function redact(text: string): string {
  return text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, "$1***@");
}

function commonOptions(command: Command, signal: AbortSignal) {
  return {
    cancelSignal: signal,
    forceKillAfterDelay: 10_000,
    maxBuffer: 64 * 1024 * 1024,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.env === undefined ? {} : { env: command.env }),
    ...(command.killSignal === undefined ? {} : { killSignal: command.killSignal }),
    ...(command.timeoutMs === undefined ? {} : { timeout: command.timeoutMs }),
    ...(command.input === undefined ? { stdin: "ignore" as const } : { input: command.input }),
  };
}

function logTo(file: string) {
  const target = { file, append: true } as const;
  return { stdout: ["pipe", target], stderr: ["pipe", target] } as const;
}

function describeCommand(command: Command): string {
  return redact([command.file, ...command.args].join(" "));
}

function toLaglineError(command: Command, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (!(error instanceof ExecaError)) return error;
  if (error.code === "ENOENT") {
    return new LaglineError({
      code: "LAGLINE_PLATFORM_COMMAND_MISSING",
      message: `The program "${command.file}" is not installed.`,
      hint: `Install "${command.file}" and run the command again.`,
    });
  }
  const how = error.timedOut
    ? `did not end within ${(command.timeoutMs ?? 0) / 1000} s`
    : `ended with ${error.signal === undefined ? `exit code ${error.exitCode ?? "unknown"}` : `signal ${error.signal}`}`;
  return new LaglineError({
    code: "LAGLINE_PLATFORM_COMMAND_FAILED",
    message: `"${shorten(describeCommand(command))}" ${how}${lastWords(error.stderr ?? "")}.`,
    retryable: error.timedOut,
    cause: error,
  });
}

function lastWords(stderr: string): string {
  const last = stderr.split("\n").findLast((line) => line.trim() !== "");
  return last === undefined ? "" : `: ${shorten(redact(last.trim())).replace(/\.$/, "")}`;
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 197)}...`;
}
