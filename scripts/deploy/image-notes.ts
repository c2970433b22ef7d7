/** What a person should know about the images of a deployment, beyond that they are there. Pure. */
import type { Component } from "../../stacks/versions.ts";
import type { ImageResult } from "../platform/images/images.ts";

const NO_LIFECYCLE =
  "Elasticsearch was built here from packages, which leave its lifecycle modules out: nothing is deleted by age, elasticsearch.retention_days has no effect, and its disk fills up in the end. For more than a trial use the official image (images.source: registry) or an Elasticsearch of your own.";

export function imageNotes(
  images: ReadonlyMap<Component, Pick<ImageResult, "source" | "note">>,
): readonly string[] {
  return [...images].flatMap(([component, { source, note }]) => {
    if (source === "unavailable" && note !== undefined) return [note];
    return source === "local" && component.startsWith("elasticsearch") ? [NO_LIFECYCLE] : [];
  });
}
