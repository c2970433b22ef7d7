/** Where a deployment keeps what it generates, on this host. */
import { join, resolve } from "node:path";
import type { Config } from "../../config/schema.ts";

export type DeploymentDirectories = {
  readonly root: string;
  readonly files: string;
  readonly secrets: string;
  readonly platformFile: string;
  /** Synthesised stacks of this environment; plain `cdktf` uses `cdktf.out` with the same state. */
  readonly synthesised: string;
  /** Environment variables for every cdktf verb, written by `lagline prepare`. */
  readonly environmentFile: string;
};

export function deploymentDirectories(config: Config): DeploymentDirectories {
  const root = resolve(config.deployment.directory, config.environment);
  return {
    root,
    files: join(root, "files"),
    secrets: join(root, "secrets"),
    synthesised: join(root, "cdktf.out"),
    platformFile: join(root, "platform.json"),
    environmentFile: join(root, "cdktf-environment.json"),
  };
}
