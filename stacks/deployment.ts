/**
 * What the stacks need beside the configuration: facts about this host that were found before synthesis. Values only,
 * so that building the app stays pure.
 */
import { relative, resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Deployed } from "./deployed.ts";
import type { Component } from "./versions.ts";
import { IMAGES } from "./versions.ts";

export type Deployment = {
  readonly config: Config;
  /** Image reference by component; a component without one is left out of the deployment. */
  readonly images: Readonly<Partial<Record<Component, string>>>;
  readonly providerVersion: string;
  /** Folder with the generated files of this environment, absolute. */
  readonly filesDirectory: string;
  /** Folder of staged secrets, absolute; see `scripts/secrets`. */
  readonly secretsDirectory: string;
  /** Folder cdktf writes to, absolute. Host paths in the output are relative to it, so that they do not name a machine. */
  readonly outputDirectory: string;
  /** Generated files by path under `filesDirectory`; their content decides when a container is replaced. */
  readonly files: ReadonlyMap<string, string>;
  /** What is deployed already. */
  readonly deployed: Deployed;
  /** True while volumes may be destroyed (`lagline down --purge --yes`). */
  readonly purge: boolean;
};

/** Name of a container, volume or network on the host. */
export function hostName(config: Config, thing: string): string {
  return `lagline-${config.environment}-${thing}`;
}

/** Upstream images for whoever deploys with plain `cdktf deploy`, without preparing this host first. */
export function upstreamImages(): Partial<Record<Component, string>> {
  return Object.fromEntries(
    Object.entries(IMAGES).map(([component, names]) => [component, names.upstream ?? names.local]),
  );
}

/**
 * A path on the host as Terraform sees it. Terraform runs in `<output>/stacks/<stack>`, so a relative path made absolute
 * by Terraform itself keeps machine paths out of the synthesised JSON.
 */
export function terraformPath(deployment: Deployment, path: string): string {
  const from = resolve(deployment.outputDirectory, "stacks", "any");
  return `\${abspath("${relative(from, path)}")}`;
}
