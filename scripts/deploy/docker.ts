/** Questions and orders to the Docker engine about the containers of one environment. */
import { execa } from "execa";
import { z } from "zod";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { hostName } from "../../stacks/deployment.ts";
import { volumeNames } from "../../stacks/volumes.ts";

export type DockerOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Standard input, for what must not be an argument: those can be read by everybody on the host. */
  readonly input?: string;
};

/** Runs the docker client; gives standard output. @throws LaglineError LAGLINE_DOCKER_FAILED with the engine's words. */
export async function docker(
  config: Config,
  arguments_: readonly string[],
  { signal, input }: DockerOptions = {},
): Promise<string> {
  const host = config.deployment.docker_host;
  const result = await execa("docker", [...arguments_], {
    reject: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
    timeout: 120_000,
    ...(host === undefined ? {} : { env: { DOCKER_HOST: host } }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (result.exitCode !== 0) {
    throw new LaglineError({
      code: "LAGLINE_DOCKER_FAILED",
      message: `docker ${arguments_.slice(0, 2).join(" ")} failed: ${(result.stderr || result.shortMessage || "no answer").trim().split("\n")[0]}.`,
      hint: "`docker info` shows whether the engine answers.",
    });
  }
  return result.stdout;
}

export type OwnContainer = {
  readonly name: string;
  readonly state: string;
  /** Word of the health check; empty where there is none. */
  readonly health: string;
  readonly exitCode: number;
  /** What the engine said when it could not start it; empty where it could. */
  readonly error?: string;
  readonly memoryBytes: number;
  readonly hostPorts: readonly number[];
};

/** Containers of this environment, running or not. */
export async function ownContainers(config: Config, signal?: AbortSignal): Promise<OwnContainer[]> {
  const ids = (
    await docker(config, ["ps", "-aq", "--filter", `label=lagline.environment=${config.environment}`], {
      signal,
    })
  )
    .split("\n")
    .filter(Boolean);
  if (ids.length === 0) {
    return [];
  }
  const template =
    "{{.Name}}\t{{.State.Status}}\t{{with .State.Health}}{{.Status}}{{end}}\t{{.State.ExitCode}}\t{{.HostConfig.Memory}}\t{{range .HostConfig.PortBindings}}{{range .}}{{.HostPort}} {{end}}{{end}}\t{{json .State.Error}}";
  return (await docker(config, ["inspect", "--format", template, ...ids], { signal }))
    .split("\n")
    .filter(Boolean)
    .map(parseContainer);
}

function parseContainer(line: string): OwnContainer {
  const [name = "", state = "", health = "", exitCode = "0", memory = "0", ports = "", error = '""'] =
    line.split("\t");
  return {
    name: name.replace(/^\//, ""),
    state,
    health,
    exitCode: Number(exitCode),
    error: z.string().parse(JSON.parse(error)),
    memoryBytes: Number(memory),
    hostPorts: ports.split(" ").filter(Boolean).map(Number),
  };
}

/**
 * Removes what Terraform does not know any more, for example after a lost state: containers and the network, and with
 * `volumes` the data too. Gives the names of what was removed.
 */
export async function removeLeftovers(
  config: Config,
  options: { readonly volumes: boolean; readonly signal: AbortSignal },
): Promise<string[]> {
  const { signal } = options;
  const containers = await removeOwnContainers(config, signal);
  const network = hostName(config, "network");
  const networks = (await docker(config, ["network", "ls", "--format", "{{.Name}}"], { signal })).split("\n");
  const left = networks.filter((name) => name === network);
  if (left.length > 0) {
    await docker(config, ["network", "rm", network], { signal });
  }
  const volumes = options.volumes ? await ownVolumes(config, signal) : [];
  if (volumes.length > 0) {
    await docker(config, ["volume", "rm", ...volumes], { signal });
  }
  return [...containers, ...left, ...volumes];
}

/** Removes the containers of this environment that are left, and gives their names. */
export async function removeOwnContainers(config: Config, signal: AbortSignal): Promise<string[]> {
  const containers = (await ownContainers(config, signal)).map((container) => container.name);
  if (containers.length > 0) {
    await docker(config, ["rm", "--force", "--volumes", ...containers], { signal });
  }
  return containers;
}

/** Volumes of this environment that exist. */
export async function ownVolumes(config: Config, signal?: AbortSignal): Promise<string[]> {
  const present = new Set(await allVolumes(config, signal));
  return volumeNames(config)
    .map((name) => hostName(config, name))
    .filter((name) => present.has(name));
}

/**
 * Volumes that look like this environment's, though lagline.yaml names them no more. Another environment whose name begins
 * with this one's may have made them, so they are only ever named, never removed.
 */
export async function formerVolumes(config: Config, signal?: AbortSignal): Promise<string[]> {
  const named = new Set(volumeNames(config).map((name) => hostName(config, name)));
  const start = hostName(config, "");
  return (await allVolumes(config, signal)).filter(
    (name) => name.startsWith(start) && VOLUME_NAME.test(name.slice(start.length)) && !named.has(name),
  );
}

const VOLUME_NAME = /^(kafka-.+|collector-.+|elasticsearch-\d+|grafana|relay)$/;

async function allVolumes(config: Config, signal?: AbortSignal): Promise<readonly string[]> {
  return (await docker(config, ["volume", "ls", "--quiet"], { signal })).split("\n").filter(Boolean);
}
