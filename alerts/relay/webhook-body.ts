/** What Grafana posts to a webhook contact point, as far as the relay needs it; parsed at the border. */
import { z } from "zod";
import { LaglineError } from "../../model/errors.ts";

/** More alerts than this in one notification are refused; Grafana groups by cluster and group, so a few are normal. */
const MAXIMUM_ALERTS = 5000;
const texts = z.record(z.string(), z.string());
/** Grafana's zero time stands for an end that has not come. */
const YEAR_ONE = "0001-01-01T00:00:00Z";

const alert = z.object({
  status: z.enum(["firing", "resolved"]),
  labels: texts,
  annotations: texts,
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.iso
    .datetime({ offset: true })
    .optional()
    .transform((time) => (time === YEAR_ONE ? undefined : time)),
  /** Same labels, same fingerprint. */
  fingerprint: z.string().min(1),
  silenceURL: z.string().optional(),
});

const notification = z.object({
  receiver: z.string(),
  /** Names the route and the labels that the notification is grouped by. */
  groupKey: z.string(),
  alerts: z.array(alert).min(1).max(MAXIMUM_ALERTS),
  /** The contact point's templates, rendered by Grafana; older versions send their own default. */
  title: z.string().default(""),
  message: z.string().default(""),
});

export type GrafanaAlert = z.output<typeof alert>;
export type GrafanaNotification = z.output<typeof notification>;

/** @throws LaglineError `LAGLINE_RELAY_BODY`, with the places that are wrong but never their content. */
export function parseNotification(body: unknown): GrafanaNotification {
  const parsed = notification.safeParse(body);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 5).map(({ path }) => path.map(String).join(".") || "the body");
  throw new LaglineError({
    code: "LAGLINE_RELAY_BODY",
    message: `The webhook's body is not a notification of Grafana: ${places.join(", ")} cannot be understood.`,
    hint: "Only Grafana's webhook contact point may post here.",
  });
}
