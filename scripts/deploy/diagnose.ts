/** After a failed deployment: which containers are not well, in their own words. */
import type { Config } from "../../config/schema.ts";
import { execa } from "execa";
import { redact } from "../platform/commands.ts";
import { ownContainers } from "./docker.ts";

const TAIL_LINES = 12;

/** Lines for a person, empty when every container runs and is healthy. Never fails: it only helps to explain. */
export async function diagnoseContainers(config: Config, signal: AbortSignal): Promise<string[]> {
  try {
    const containers = await ownContainers(config, signal);
    const sick = containers.filter(({ state, health, exitCode }) =>
      state === "running" ? health !== "" && health !== "healthy" : !(state === "exited" && exitCode === 0),
    );
    const reports = await Promise.all(
      sick.map(async ({ name, state, health }) => [
        `${name} is ${state}${health === "" ? "" : `, ${health}`}; its last lines:`,
        ...(await tail(name, signal)),
      ]),
    );
    return reports.flat();
  } catch {
    return [];
  }
}

async function tail(name: string, signal: AbortSignal): Promise<string[]> {
  const { all } = await execa("docker", ["logs", "--tail", String(TAIL_LINES), name], {
    all: true,
    reject: false,
    stdin: "ignore",
    timeout: 10_000,
    cancelSignal: signal,
  });
  return all.split("\n").map((line) => `    ${redact(line).slice(0, 300)}`);
}
