/** What to do for each image, decided from facts only. */
import { type Component, IMAGES } from "../../../stacks/versions.ts";

export type ImageSource = "auto" | "registry" | "local";

export type PlanFacts = {
  /** The upstream image is on this host already. */
  readonly upstreamPresent: boolean;
  /** The locally built image is on this host and was built from the present inputs. */
  readonly localCurrent: boolean;
};

export type PlanAction = "use-upstream" | "use-local" | "pull" | "pull-or-build" | "build" | "unavailable";

/**
 * `auto` keeps what the host has, so that a second deployment uses the same image; only then it asks the registry.
 * The collector has no upstream image and is always built here.
 */
export function planImage(component: Component, source: ImageSource, facts: PlanFacts): PlanAction {
  const { upstream, local } = IMAGES[component];
  if (upstream === undefined) return facts.localCurrent ? "use-local" : "build";
  if (source === "local") {
    if (local === undefined) return facts.upstreamPresent ? "use-upstream" : "unavailable";
    return facts.localCurrent ? "use-local" : "build";
  }
  if (facts.upstreamPresent) return "use-upstream";
  if (source === "registry") return "pull";
  return local !== undefined && facts.localCurrent ? "use-local" : "pull-or-build";
}

export function describeUnavailable(component: Component, reason?: string): string {
  const { upstream, version } = IMAGES[component];
  const why = reason === undefined ? "" : ` (${reason})`;
  return `${component} ${version} exists only as the image "${upstream ?? "none"}", which could not be had${why}; no package registry holds its parts. Its stack is left out.`;
}
