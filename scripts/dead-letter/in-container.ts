/** A deployed process keeps its dead letters in its own volume: the command then runs inside its container. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { execa } from "execa";
import type { Config } from "../../config/schema.ts";
import { hostName } from "../../stacks/deployment.ts";
import { PATHS } from "../../stacks/endpoints.ts";
import type { LetterStore } from "./stores.ts";

/**
 * Runs `lagline dead-letter …` inside the container and gives its exit code; undefined where the letters are on this
 * host, or no such container runs.
 */
export async function runInside(
  config: Config,
  { directory, container, words }: Pick<LetterStore, "directory" | "container" | "words">,
  given: readonly string[],
): Promise<number | undefined> {
  if (existsSync(dirname(directory))) return undefined;
  const name = hostName(config, container);
  if (!(await isRunning(config, name))) return undefined;
  const host = config.deployment.docker_host;
  const command = ["node", "/app/lagline.js", "dead-letter", ...given];
  const settings = [...words, "--config", `${PATHS.configuration}/lagline.yaml`];
  const { exitCode } = await execa("docker", ["exec", name, ...command, ...settings], {
    stdio: "inherit",
    reject: false,
    ...(host === undefined ? {} : { env: { DOCKER_HOST: host } }),
  });
  return exitCode ?? 1;
}

/** False also where no engine answers. */
async function isRunning(config: Config, name: string): Promise<boolean> {
  try {
    // Only here: it needs the deployment's libraries, which no container has.
    const { ownContainers } = await import("../deploy/docker.ts");
    const containers = await ownContainers(config);
    return containers.some((one) => one.name === name && one.state === "running");
  } catch {
    return false;
  }
}
