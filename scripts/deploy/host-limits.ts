/**
 * What several Elasticsearch nodes want of the host. A single node only warns; one that others may reach refuses to start
 * (its bootstrap checks), which a deployment would show as three containers that begin again and again.
 */
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { docker } from "./docker.ts";

export type HostLimits = {
  /** Hard limit that the engine gives to a container. */
  readonly openFiles: number;
  /** The kernel's `vm.max_map_count`. */
  readonly mapCount: number;
};

/** Elasticsearch's own bounds, the same in 8.19 and 9. */
const NEEDED: HostLimits = { openFiles: 65_535, mapCount: 262_144 };

/** Problems as sentences; empty when the nodes can start. Pure. */
export function limitProblems(nodes: number, { openFiles, mapCount }: HostLimits): readonly string[] {
  if (nodes === 1) return [];
  const who = `elasticsearch.managed.nodes: ${nodes} needs`;
  return [
    ...(mapCount >= NEEDED.mapCount
      ? []
      : [
          `${who} the kernel's vm.max_map_count at ${NEEDED.mapCount} or more, and it is ${mapCount}. Run \`sysctl -w vm.max_map_count=${NEEDED.mapCount}\`, and write it to /etc/sysctl.d so that it stays.`,
        ]),
    ...(openFiles >= NEEDED.openFiles
      ? []
      : [
          `${who} ${NEEDED.openFiles} open files in a container, and the engine gives ${openFiles}. Raise LimitNOFILE of the engine's service (or \`default-ulimits\` in its daemon.json) and restart it, or run one node.`,
        ]),
  ];
}

/** The two numbers as the command in a container prints them. */
export function parseLimits(text: string): HostLimits {
  const [openFiles = "", mapCount = ""] = text.trim().split("\n");
  const number = (value: string): number =>
    value === "unlimited" ? Number.POSITIVE_INFINITY : Number(value);
  return { openFiles: number(openFiles), mapCount: number(mapCount) };
}

/**
 * Asks inside a container, because the engine may run on another kernel than this command.
 *
 * @throws LaglineError `LAGLINE_PREFLIGHT` with every problem, `LAGLINE_DOCKER_FAILED`.
 */
export async function checkHostLimits(config: Config, image: string, signal: AbortSignal): Promise<void> {
  const { nodes = 1 } = config.elasticsearch.managed ?? {};
  if (nodes === 1) return;
  const ask = ["--entrypoint", "/bin/bash", image, "-c", "ulimit -Hn; cat /proc/sys/vm/max_map_count"];
  const text = await docker(config, ["run", "--rm", "--network", "none", "--cap-drop", "ALL", ...ask], {
    signal,
  });
  const problems = limitProblems(nodes, parseLimits(text));
  if (problems.length === 0) return;
  throw new LaglineError({
    code: "LAGLINE_PREFLIGHT",
    message: `This host is not ready:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    hint: "Nothing was deployed.",
  });
}
