/** The shape of Grafana's alerting provisioning files, as strict as Grafana is and a little stricter. */
import { z } from "zod";

/** Grafana reads Go durations; only whole units are written here. */
const duration = z.string().regex(/^\d+(s|m|h)$/, "must be a duration such as 30s, 5m or 4h");
const interval = duration.refine((text) => seconds(text) > 0 && seconds(text) % 10 === 0, {
  error: "must be a multiple of 10 s, the tick of Grafana's scheduler",
});
const uid = z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/, "must be 1 to 40 letters, digits, - or _");
/** A bare `$` is expanded by environment in this place and vanishes. */
const withoutDollar = z.string().regex(/^(?:[^$]|\$\$)*$/, "must not hold a single $");
const secretFile = z.string().regex(/^\$__file\{\/[^{}$]+\}$/, "must be a secret file, $__file{/path}");
const matcher = z
  .tuple([z.string().min(1), z.enum(["=", "!=", "=~", "!~"]), z.string().min(1).pipe(withoutDollar)])
  .refine(([, operator, text]) => !operator.endsWith("~") || isExpression(text), {
    error: "must be a regular expression; a broken one stops Grafana",
  });
const timeOfDay = z
  .string()
  .regex(/^(?:[01]\d:[0-5]\d|2[0-3]:[0-5]\d|24:00)$/, "must be a time such as 02:00");
const muteTime = z.strictObject({
  orgId: z.int().min(1),
  name: z.string().min(1),
  time_intervals: z
    .array(
      z.strictObject({
        times: z.array(z.strictObject({ start_time: timeOfDay, end_time: timeOfDay })).min(1),
        // Ranges such as saturday:sunday stop Grafana, so none is written.
        weekdays: z.array(z.string().regex(/^(?:mon|tues|wednes|thurs|fri|satur|sun)day$/)).optional(),
        location: z.string().min(1).optional(),
      }),
    )
    .min(1),
});

const target = z.strictObject({
  refId: z.string().min(1),
  queryType: z.string(),
  datasourceUid: z.string().min(1),
  relativeTimeRange: z.strictObject({ from: z.int().min(0), to: z.int().min(0) }),
  model: z.record(z.string(), z.unknown()),
});

const rule = z.strictObject({
  uid,
  title: z.string().min(1).max(190).pipe(withoutDollar),
  condition: z.string().min(1),
  data: z.array(target).min(1),
  for: duration,
  keepFiringFor: duration.optional(),
  missing_series_evals_to_resolve: z.int().min(1).optional(),
  isPaused: z.boolean(),
  dashboardUid: uid,
  panelId: z.int().min(1),
  noDataState: z.enum(["NoData", "OK", "Alerting"]),
  execErrState: z.enum(["Error", "OK", "Alerting"]),
  annotations: z.record(
    z.string(),
    z
      .string()
      .refine((text) => !text.includes("${"), { error: "must not hold ${, it is expanded by environment" }),
  ),
  labels: z.record(z.string().regex(/^[a-zA-Z_]\w*$/), withoutDollar),
  notification_settings: z
    .strictObject({
      receiver: z.string().min(1),
      group_by: z.array(z.string()),
      group_wait: duration,
      group_interval: duration,
      repeat_interval: duration,
    })
    .optional(),
});

const group = z.strictObject({
  orgId: z.int().min(1),
  name: z.string().min(1),
  folder: z.string().min(1),
  interval,
  rules: z.array(rule).min(1),
});

const slackSettings = z.strictObject({
  url: secretFile,
  username: withoutDollar,
  title: withoutDollar,
  text: withoutDollar,
  color: withoutDollar,
  mentionChannel: z.enum(["here", "channel"]).optional(),
});

/** Grafana shows its own default where a webhook has no templates; a dead-man's switch needs none. */
const webhookSettings = z.strictObject({
  url: z.union([secretFile, z.url({ protocol: /^https?$/ }).pipe(withoutDollar)]),
  httpMethod: z.literal("POST"),
  username: z.string().min(1).pipe(withoutDollar).optional(),
  password: secretFile.optional(),
  title: withoutDollar.optional(),
  message: withoutDollar.optional(),
});
const receiver = { uid, disableResolveMessage: z.boolean() };

const contactPoint = z.strictObject({
  orgId: z.int().min(1),
  name: z.string().min(1),
  receivers: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({ ...receiver, type: z.literal("slack"), settings: slackSettings }),
        z.strictObject({ ...receiver, type: z.literal("webhook"), settings: webhookSettings }),
      ]),
    )
    .min(1),
});

const routeFields = {
  receiver: z.string().min(1),
  group_by: z.array(z.string().min(1)).min(1),
  object_matchers: z.array(matcher).optional(),
  group_wait: duration.optional(),
  group_interval: duration.optional(),
  repeat_interval: duration.optional(),
  mute_time_intervals: z.array(z.string().min(1)).min(1).optional(),
};
const leaf = z.strictObject(routeFields);
const branch = z.strictObject({ ...routeFields, routes: z.array(leaf).optional() });
const policy = z.strictObject({ ...routeFields, orgId: z.int().min(1), routes: z.array(branch).optional() });

/** One template file may hold any number of `define` blocks. */
const template = z.strictObject({
  orgId: z.int().min(1),
  name: z.string().min(1),
  template: z.string().includes("{{ define "),
});

export const alertingFile = z.strictObject({
  apiVersion: z.literal(1),
  groups: z.array(group).optional(),
  deleteRules: z.array(z.strictObject({ orgId: z.int().min(1), uid })).optional(),
  contactPoints: z.array(contactPoint).optional(),
  policies: z.array(policy).length(1).optional(),
  templates: z.array(template).optional(),
  muteTimes: z.array(muteTime).optional(),
});

export type ParsedFile = z.output<typeof alertingFile>;
export type ParsedRule = z.output<typeof rule>;
export type ParsedRoute = z.output<typeof leaf> & { readonly routes?: readonly ParsedRoute[] | undefined };

function isExpression(text: string): boolean {
  try {
    return new RegExp(text.replaceAll("$$", "$")).source !== "";
  } catch {
    return false;
  }
}

/** Seconds of a duration of the schema above. */
export function seconds(text: string): number {
  const unit = { s: 1, m: 60, h: 3600 }[text.slice(-1)] ?? Number.NaN;
  return Number(text.slice(0, -1)) * unit;
}
