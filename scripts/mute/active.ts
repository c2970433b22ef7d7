/** Which groups are silenced now, until when and why: mutes and deployments that are not over. */
import { z } from "zod";
import type { Search } from "../search/search.ts";

export type Silence = { readonly untilMs: number; readonly reason: string };

const sourceSchema = z.object({
  cluster: z.string(),
  group: z.string(),
  event_until: z.iso.datetime({ offset: true }),
  cause: z.string().default(""),
});
const SIZE = 5000;

/** The silence that lasts longest, by `cluster/group`. @throws LaglineError `LAGLINE_SEARCH_FAILED` */
export async function activeSilences(
  search: Search,
  { nowMs, signal }: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, Silence>> {
  const { hits } = await search(
    {
      size: SIZE,
      _source: Object.keys(sourceSchema.shape),
      query: {
        bool: {
          filter: [
            { term: { record: "event" } },
            { terms: { event_kind: ["mute", "deployment"] } },
            { range: { event_until: { gt: nowMs, format: "epoch_millis" } } },
          ],
        },
      },
      sort: [{ event_until: { order: "asc", unmapped_type: "date" } }],
    },
    signal,
  );
  return new Map(
    hits.flatMap(({ source }) => {
      const parsed = sourceSchema.safeParse(source);
      if (!parsed.success) return [];
      const { cluster, group, event_until: until, cause } = parsed.data;
      return [[`${cluster}/${group}`, { untilMs: Date.parse(until), reason: cause }] as const];
    }),
  );
}

/** In front of a group's cause. */
export function silenceText({ untilMs, reason }: Silence): string {
  const until = new Date(untilMs).toISOString().slice(0, 16).replace("T", " ");
  return `Muted until ${until} UTC${reason === "" ? "" : ` (${reason})`}.`;
}
