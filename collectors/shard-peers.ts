/** Asks another shard for its part of a tick, until it has it or the time is over. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { LagDocument } from "../model/documents.ts";
import { PARTS_PATH } from "./shard-paths.ts";

export type PartQuestion = {
  /** Address of the peer's health server. */
  readonly url: string;
  readonly cluster: string;
  readonly of: number;
  /** Timestamp of the tick. */
  readonly tick: string;
  readonly deadline: AbortSignal;
};

export type PartAnswer =
  | { readonly index: number; readonly part: LagDocument }
  | { readonly problem: string };

export type PartReader = (question: PartQuestion) => Promise<PartAnswer>;

const ASK_AGAIN_MS = 200;
/** Two records of some twenty fields. */
const MAXIMUM_BYTES = 65_536;

const count = z.number().int().min(0).optional();
const part = z.object({
  "@timestamp": z.string(),
  record: z.literal("cluster"),
  cluster: z.string(),
  group_count: count,
  partition_count: count,
  total_lag: count,
  groups_ok: count,
  groups_unknown: count,
  groups_warning: count,
  groups_critical: count,
  groups_failing: count,
  groups_unreadable: count,
  incomplete_groups: count,
  burrow_ready: count,
  suspect: count,
  suspect_reason: z.string().max(4096).optional(),
  data_age_seconds: z.number().optional(),
  burrow_self_lag: count,
});
const answerSchema = z.object({
  cluster: z.string(),
  index: z.number().int(),
  of: z.number().int(),
  parts: z.array(part).max(8),
});

/** Never rejects: what is wrong is the answer. A peer that cannot be reached is not waited for. */
export async function readPart(question: PartQuestion): Promise<PartAnswer> {
  const { url, cluster, of, tick, deadline } = question;
  try {
    for (;;) {
      const { cluster: theirs, index, of: theirOf, parts } = await ask(url, deadline);
      if (theirs !== cluster || theirOf !== of) {
        return { problem: `${url} is shard ${index} of ${theirOf} of cluster ${theirs}` };
      }
      const found = parts.find((each) => each["@timestamp"] === tick);
      if (found !== undefined) return { index, part: defined(found) };
      await sleep(ASK_AGAIN_MS, undefined, { signal: deadline });
    }
  } catch (error) {
    const isLate = deadline.aborted;
    return { problem: isLate ? `${url} has not finished this tick in time` : `${url}: ${reasonOf(error)}` };
  }
}

async function ask(url: string, signal: AbortSignal): Promise<z.output<typeof answerSchema>> {
  const response = await fetch(new URL(PARTS_PATH, url), { signal, redirect: "error" });
  const text = await response.text();
  if (!response.ok) throw new Error(`answered ${response.status}`);
  if (text.length > MAXIMUM_BYTES) throw new Error(`answered ${text.length} characters`);
  const parsed = answerSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error("is no shard of this version");
  return parsed.data;
}

/** Fields that were not sent are left out, not undefined. */
function defined(found: z.output<typeof part>): LagDocument {
  const { "@timestamp": timestamp, record, cluster } = found;
  const fields = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  return { ...fields, "@timestamp": timestamp, record, cluster };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
