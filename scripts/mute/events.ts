/** A mute as event documents, one per group: rules read when it ends, pages show who asked for it and why. Pure. */
import type { LagDocument } from "../../model/documents.ts";

export type Mute = {
  readonly cluster: string;
  readonly groups: readonly string[];
  readonly minutes: number;
  readonly reason: string;
  readonly nowMs: number;
};

export function muteEvents({ cluster, groups, minutes, reason, nowMs }: Mute): readonly LagDocument[] {
  const until = new Date(nowMs + minutes * 60_000).toISOString();
  return [...new Set(groups)].map((group) => ({
    "@timestamp": new Date(nowMs).toISOString(),
    record: "event",
    cluster,
    group,
    event_kind: "mute",
    event_until: until,
    cause: reason,
    event_text: `${group}: alerts muted for ${minutes} minute${minutes === 1 ? "" : "s"}: ${reason}`,
  }));
}
