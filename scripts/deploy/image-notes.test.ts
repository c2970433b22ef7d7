import { expect, test } from "vitest";
import type { Component } from "../../stacks/versions.ts";
import type { ImageResult } from "../platform/images/images.ts";
import { imageNotes } from "./image-notes.ts";

test.each<Component>(["elasticsearch", "elasticsearch-8"])(
  "that an %s from packages deletes nothing by age is said at each deployment",
  (component) => {
    const [note] = imageNotes(new Map([[component, { source: "local" }]]));
    expect(note).toContain("nothing is deleted by age, elasticsearch.retention_days has no effect");
  },
);

test("an image that cannot be had says why; official ones, and others from packages, need no word", () => {
  const notes = imageNotes(
    new Map<Component, Pick<ImageResult, "source" | "note">>([
      ["grafana", { source: "unavailable", note: "no Grafana" }],
      ["elasticsearch", { source: "registry", note: "pulled" }],
      ["kafka", { source: "local" }],
    ]),
  );
  expect(notes).toEqual(["no Grafana"]);
});
