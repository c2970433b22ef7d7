/**
 * Whether Lagline itself deletes by age in a deployment: where the image of Elasticsearch was built here, from packages
 * that leave its lifecycle modules out. Pure.
 */
import { indexProblems } from "../config/documents-index.ts";
import type { Config } from "../config/schema.ts";
import type { Component } from "./versions.ts";
import { IMAGES } from "./versions.ts";

type Images = Readonly<Partial<Record<Component, string>>>;

/** The component whose image the managed Elasticsearch runs from. */
export function elasticsearchComponent(version: "8" | "9"): "elasticsearch" | "elasticsearch-8" {
  return version === "8" ? "elasticsearch-8" : "elasticsearch";
}

/** The configuration as the deployment means it: lifecycle `lagline` where nothing else could delete. */
export function withOwnRetention(config: Config, images: Images): Config {
  const { managed, index } = config.elasticsearch;
  if (managed === undefined || index.lifecycle === "none" || index.lifecycle === "lagline") return config;
  const component = elasticsearchComponent(managed.version);
  if (!isBuiltHere(component, images[component])) return config;
  const { ilm_policy: _unused, ...layout } = index;
  const changed: Config = {
    ...config,
    elasticsearch: { ...config.elasticsearch, index: { ...layout, lifecycle: "lagline" } },
  };
  // Names that tell no day, or templates of somebody else: then setup says that nothing is deleted.
  return indexProblems(changed).length === 0 ? changed : config;
}

/** A build has the local name, usually with a hash of what it was made of behind the version. */
function isBuiltHere(component: Component, reference: string | undefined): boolean {
  const { local } = IMAGES[component];
  return local !== undefined && (reference === local || reference?.startsWith(`${local}-`) === true);
}

/** After `withOwnRetention`. */
export function usesOwnRetention(config: Pick<Config, "elasticsearch">): boolean {
  return config.elasticsearch.index.lifecycle === "lagline";
}
