/** Which Slack channel a contact point of Grafana stands for. */
import { RECEIVERS, channelReceivers } from "../names.ts";

/** The name in the configuration; empty for the common channel, also where the contact point is not known. */
export function createChannelOf(names: readonly string[]): (receiver: string) => string {
  const channels = new Map<string, string>();
  for (const name of names) {
    const receivers = channelReceivers(name);
    channels.set(receivers.channel, name).set(receivers.page, name);
  }
  for (const receiver of Object.values(RECEIVERS)) channels.set(receiver, "");
  return (receiver) => channels.get(receiver) ?? "";
}
