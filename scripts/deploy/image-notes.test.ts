import { expect, test } from "vitest";
import type { Component } from "../../stacks/versions.ts";
import type { ImageResult } from "../platform/images/images.ts";
import { imageNotes } from "./image-notes.ts";

test.each<Component>(["elasticsearch", "elasticsearch-8"])(
  "what deletes by age in an %s from packages is said at each deployment, and that nothing does",
  (component) => {
    const images = new Map([[component, { source: "local" as const }]]);
    expect(imageNotes(images, true)).toEqual([
      expect.stringContaining("`lagline retention` runs beside it and deletes"),
    ]);
    expect(imageNotes(images, false)).toEqual([expect.stringContaining("nothing is deleted by age")]);
  },
);

test("an image that cannot be had says why; official ones, and others from packages, need no word", () => {
  const notes = imageNotes(
    new Map<Component, Pick<ImageResult, "source" | "note">>([
      ["grafana", { source: "unavailable", note: "no Grafana" }],
      ["elasticsearch", { source: "registry", note: "pulled" }],
      ["kafka", { source: "local" }],
    ]),
    true,
  );
  expect(notes).toEqual(["no Grafana"]);
});
