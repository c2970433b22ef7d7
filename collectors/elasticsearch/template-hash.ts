/**
 * Hash of what a template does, the same for the body we send and the one Elasticsearch gives back. Elasticsearch adds
 * stamps and defaults of its own, so only the parts that Lagline sets are looked at, settings as flat text. Time bounds
 * are left out: they move. Pure.
 */
import { createHash } from "node:crypto";
import { z } from "zod";

export type Json = { readonly [key: string]: unknown };

const content = z.object({
  template: z
    .object({
      settings: z.record(z.string(), z.unknown()).optional(),
      mappings: z.record(z.string(), z.unknown()).optional(),
      lifecycle: z.object({ data_retention: z.string().optional() }).optional(),
    })
    .optional(),
  index_patterns: z.array(z.string()).optional(),
  composed_of: z.array(z.string()).optional(),
  priority: z.number().optional(),
});

const MOVING = new Set(["index.time_series.start_time", "index.time_series.end_time"]);

export function contentHash(body: Json): string {
  const parsed = content.safeParse(body);
  const seen = parsed.success ? withFlatSettings(parsed.data) : body;
  return createHash("sha256")
    .update(JSON.stringify(canonical(seen)))
    .digest("hex")
    .slice(0, 16);
}

function withFlatSettings(body: z.infer<typeof content>): Json {
  const settings = Object.entries(flatten(body.template?.settings ?? {})).filter(
    ([name]) => !MOVING.has(name),
  );
  return { ...body, template: { ...body.template, settings: Object.fromEntries(settings) } };
}

/** Sorted by name, scalars as text, empty objects left out. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, entry]): [string, unknown] => [name, canonical(entry)])
    .filter(([, entry]) => !(Array.isArray(entry) && entry.length === 0))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** `{ index: { mode: "x" } }` as `{ "index.mode": "x" }`. */
export function flatten(value: object, prefix = ""): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const name = prefix + key;
    const isNested = typeof entry === "object" && entry !== null && !Array.isArray(entry);
    Object.assign(result, isNested ? flatten(entry, `${name}.`) : { [name]: entry });
  }
  return result;
}
