/**
 * What an environment holds already, read from its state on this host: what lagline.yaml names no more must go, or, where
 * it holds data, must stay.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { Config } from "../config/schema.ts";
import { LaglineError } from "../model/errors.ts";

export type Deployed = {
  /** Stacks with resources. */
  readonly stacks: readonly string[];
  /** Data volumes, by their name in the storage stack (without the environment). */
  readonly volumes: readonly string[];
};

export const NOTHING_DEPLOYED: Deployed = { stacks: [], volumes: [] };

const STATE_FILE = /^(.+)\.tfstate$/;
const stateSchema = z.object({
  resources: z.array(z.object({ mode: z.string(), type: z.string(), name: z.string() })),
});

/**
 * With another state backend than the local one nothing is known, and nothing is given.
 * @throws LaglineError `LAGLINE_STATE_UNREADABLE`: going on could destroy what the state holds.
 */
export function readDeployed({ environment, deployment }: Config): Deployed {
  const directory = resolve(deployment.state.directory, environment);
  if (deployment.state.type !== "local" || !existsSync(directory)) return NOTHING_DEPLOYED;
  const states = readdirSync(directory).flatMap((file) => {
    const stack = STATE_FILE.exec(file)?.[1];
    return stack === undefined ? [] : [{ stack, resources: readResources(join(directory, file)) }];
  });
  return {
    stacks: states.filter(({ resources }) => resources.length > 0).map(({ stack }) => stack),
    volumes: states.flatMap(({ resources }) =>
      resources.filter(({ type }) => type === "docker_volume").map(({ name }) => name),
    ),
  };
}

function readResources(path: string): readonly { readonly type: string; readonly name: string }[] {
  try {
    const { resources } = stateSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    return resources.filter(({ mode }) => mode === "managed");
  } catch (error) {
    throw new LaglineError({
      code: "LAGLINE_STATE_UNREADABLE",
      message: `${path} is not a state file of Terraform that can be read.`,
      hint: "Put its .backup file in its place, or move it away: Terraform then takes its stack for not deployed.",
      cause: error,
    });
  }
}
