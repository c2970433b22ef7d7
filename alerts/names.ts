/** Names that files of the alerting folder use for each other. */
export const RECEIVERS = {
  channel: "lagline-slack",
  page: "lagline-slack-page",
  note: "lagline-slack-note",
} as const;
/** Contact points of a further channel: the same pair. */
export function channelReceivers(name: string): { readonly channel: string; readonly page: string } {
  return { channel: `${RECEIVERS.channel}-${name}`, page: `${RECEIVERS.page}-${name}` };
}
export const TEMPLATES = {
  file: "lagline",
  title: "lagline.title",
  text: "lagline.text",
  color: "lagline.color",
} as const;
/** A folder of their own: Grafana creates dashboard and alert folders at the same time, and one name would race. */
export const ALERT_FOLDER = "Kafka consumer lag alerts";
/** Exists in every Grafana; alerts that are not Lagline's stay there. */
export const DEFAULT_RECEIVER = "grafana-default-email";
/** The always-firing rule. */
export const WATCHDOG_ALERT = "LaglineWatchdog";
/** Name beside the relay's token in basic authentication. */
export const RELAY_USER = "lagline";
