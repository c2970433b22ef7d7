/** What the lint reads of a dashboard's JSON. Loose: keys that no check looks at may be anything. */
import { z } from "zod";

const text = z.string();
const datasource = z.looseObject({ type: text, uid: text });
const link = z.looseObject({ title: text, url: text });

const target = z.looseObject({
  refId: text,
  query: text,
  alias: text.optional(),
  datasource: datasource.optional(),
  metrics: z.array(
    z.looseObject({ type: text, field: text.optional(), settings: z.record(text, z.unknown()).optional() }),
  ),
  bucketAggs: z.array(
    z.looseObject({ type: text, field: text.optional(), settings: z.record(text, z.unknown()).default({}) }),
  ),
});

const thresholds = z.looseObject({
  steps: z.array(z.looseObject({ value: z.number().nullable(), color: text })),
});

const panel = z.looseObject({
  id: z.int(),
  type: text,
  title: text.default(""),
  description: text.default(""),
  gridPos: z.strictObject({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1), h: z.int().min(1) }),
  datasource: datasource.optional(),
  timeFrom: text.optional(),
  targets: z.array(target).default([]),
  fieldConfig: z
    .looseObject({
      defaults: z.looseObject({
        unit: text.optional(),
        noValue: text.optional(),
        thresholds: thresholds.optional(),
        links: z.array(link).optional(),
      }),
      overrides: z.array(
        z.looseObject({
          matcher: z.looseObject({ id: text, options: z.unknown() }),
          properties: z.array(z.looseObject({ id: text, value: z.unknown() })),
        }),
      ),
    })
    .optional(),
});

const variable = z.looseObject({
  name: text,
  type: text,
  query: text,
  refresh: z.int(),
  datasource: datasource.optional(),
});

const annotation = z.looseObject({
  name: text,
  query: text,
  datasource: datasource.optional(),
  timeField: text,
  textField: text,
  tagsField: text.optional(),
});

export const dashboardView = z.looseObject({
  uid: text.regex(/^[a-zA-Z0-9_-]{1,40}$/, "must be 1 to 40 letters, digits, - or _"),
  title: text.min(1),
  editable: z.literal(false),
  tags: z.array(text).min(1),
  links: z.array(link),
  templating: z.looseObject({ list: z.array(variable) }),
  annotations: z.looseObject({ list: z.array(annotation) }),
  panels: z.array(panel).min(1),
});

export const thresholdsView = thresholds;
export const linksView = z.array(link);
export const variableQueryView = z.looseObject({
  find: z.literal("terms"),
  field: text,
  query: text,
  size: z.int().min(1),
});

export type DashboardView = z.output<typeof dashboardView>;
export type PanelView = z.output<typeof panel>;
export type TargetView = z.output<typeof target>;
