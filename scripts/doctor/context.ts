/** What every look of a walk needs, and the containers of this environment by name. */
import type { ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import type { Config } from "../../config/schema.ts";
import { hostName } from "../../stacks/deployment.ts";
import type { OwnContainer } from "../deploy/docker.ts";
import type { Observation } from "./finding.ts";
import { skipped } from "./finding.ts";

export type Walk = {
  readonly config: Config;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sendTest: boolean;
  /** Containers of this environment; undefined where no Docker engine answers. */
  readonly containers: readonly OwnContainer[] | undefined;
  readonly http: ElasticsearchHttp | { readonly problem: string };
};

/** Name on the host of a container of this environment, and the container where there is one. */
export function named({ config, containers = [] }: Walk, thing: string): [string, OwnContainer | undefined] {
  const name = hostName(config, thing);
  return [name, containers.find((container) => container.name === name)];
}

export function noEngine(): Observation {
  return skipped("container", "No Docker engine answers on this host, so containers were not looked at.");
}
