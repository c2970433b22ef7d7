/** What a person should know about the images of a deployment, beyond that they are there. Pure. */
import type { Component } from "../../stacks/versions.ts";
import type { ImageResult } from "../platform/images/images.ts";

const BUILT_HERE = "Elasticsearch was built here from packages, which leave its lifecycle modules out";
const RETAINED = `${BUILT_HERE}: \`lagline retention\` runs beside it and deletes what is older than elasticsearch.retention_days.`;
const KEPT = `${BUILT_HERE}, and elasticsearch.index leaves nothing to \`lagline retention\`: nothing is deleted by age, and its disk fills up in the end.`;

/** `isRetained`: Lagline itself deletes by age in this deployment. */
export function imageNotes(
  images: ReadonlyMap<Component, Pick<ImageResult, "source" | "note">>,
  isRetained: boolean,
): readonly string[] {
  return [...images].flatMap(([component, { source, note }]) => {
    if (source === "unavailable" && note !== undefined) return [note];
    if (source !== "local" || !component.startsWith("elasticsearch")) return [];
    return [isRetained ? RETAINED : KEPT];
  });
}
