/** A deployed collector keeps its dead letters in its own volume: the command then runs inside its container. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { Config } from "../../config/schema.ts";
import { hostName } from "../../stacks/deployment.ts";
import { collectorName, PATHS } from "../../stacks/endpoints.ts";
import { ownContainers } from "../deploy/docker.ts";

/**
 * Runs `lagline dead-letter …` inside the collector's container and gives its exit code; undefined where the spool is on
 * this host, or no such container runs.
 */
export async function runInside(
  config: Config,
  cluster: string,
  given: readonly string[],
): Promise<number | undefined> {
  if (existsSync(join(config.collector.spool_directory, cluster))) return undefined;
  const name = hostName(config, collectorName(cluster));
  const containers = await ownContainers(config).catch(() => []);
  if (!containers.some((container) => container.name === name && container.state === "running"))
    return undefined;
  const host = config.deployment.docker_host;
  const command = ["node", "/app/lagline.js", "dead-letter", ...given];
  const settings = ["--cluster", cluster, "--config", `${PATHS.configuration}/lagline.yaml`];
  const { exitCode } = await execa("docker", ["exec", name, ...command, ...settings], {
    stdio: "inherit",
    reject: false,
    ...(host === undefined ? {} : { env: { DOCKER_HOST: host } }),
  });
  return exitCode ?? 1;
}
