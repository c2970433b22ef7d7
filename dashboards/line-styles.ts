/** How lines of a chart are told apart: a colour each, and dashes for those who do not see colours. */
import type { JsonObject } from "./types.ts";

export function coloured(name: string, color: string): JsonObject {
  return {
    matcher: { id: "byName", options: name },
    properties: [{ id: "color", value: { mode: "fixed", fixedColor: color } }],
  };
}

/** Dashes tell the two lines apart without colour. */
export function dashed(name: string, color: string): JsonObject {
  return {
    matcher: { id: "byName", options: name },
    properties: [
      { id: "color", value: { mode: "fixed", fixedColor: color } },
      { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 6] } },
      { id: "custom.fillOpacity", value: 0 },
    ],
  };
}
