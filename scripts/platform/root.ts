/** Commands that need root: as they are for root, through sudo for others. */
import { execa } from "execa";
import { LaglineError } from "../../model/errors.ts";
import { type Command, probeCommand } from "./commands.ts";

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The same command with root's rights; asks for sudo's password once when a person is at the terminal. */
export async function asRoot(command: Command, signal: AbortSignal): Promise<Command> {
  if (isRoot()) return command;
  await requireSudo(command, signal);
  const variables = Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${value}`);
  return {
    ...command,
    file: "sudo",
    args: ["-n", "-E", "--", "env", ...variables, command.file, ...command.args],
  };
}

async function requireSudo(command: Command, signal: AbortSignal): Promise<void> {
  const ready = await probeCommand({ file: "sudo", args: ["-n", "true"] }, signal);
  if (ready.exitCode === 0) return;
  if (ready.exitCode !== 127 && process.stdin.isTTY) {
    const asked = await execa("sudo", ["-v"], { stdio: "inherit", reject: false, cancelSignal: signal });
    if (asked.exitCode === 0) return;
  }
  throw new LaglineError({
    code: "LAGLINE_PLATFORM_NOT_ROOT",
    message: `"${command.file} ${command.args.join(" ")}" needs root, and sudo does not allow it without a password here.`,
    hint: `Run the command again as root, or run "sudo -v" first.`,
  });
}
