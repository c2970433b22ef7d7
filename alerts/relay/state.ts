/**
 * What the relay remembers: which alerts it told about, which clusters it cannot see, and what still has to go to Slack.
 * One value, replaced as a whole and written to disk before anything that follows from it is done.
 */
import { z } from "zod";

/** An alert that people were told about, or that a blind message covers. */
const openAlert = z.object({
  fingerprint: z.string(),
  alertName: z.string(),
  /** Where its messages go. */
  channel: z.string(),
  /** Empty for alerts about the whole monitoring. */
  cluster: z.string(),
  group: z.string(),
  severity: z.string(),
  /** In words, such as `stopped`. */
  verdict: z.string(),
  late: z.string(),
  summary: z.string(),
  /** When Grafana saw it begin. */
  startsAtMs: z.number(),
  /** When a message about it was last queued; null when the relay knows it only by an all-clear. */
  toldAtMs: z.number().nullable(),
  /** When Grafana last named it. */
  heardAtMs: z.number(),
  /** Since when Grafana calls it resolved and the relay does not believe it; null while Grafana calls it firing. */
  heldSinceMs: z.number().nullable(),
  /** When Grafana ended it although fresh data shows it; null when that is not so, or told. See `reload.ts`. */
  contradictedAtMs: z.number().nullable().default(null),
  /** True when the relay told that Grafana gave the alert up while the data still shows it. */
  nagged: z.boolean(),
  /** True for an alert about blindness that a message of the relay's own covers. */
  covered: z.boolean(),
});

const blindness = z.object({
  sinceMs: z.number(),
  reason: z.string(),
  /** False during the grace, when sight may come back without a word. */
  told: z.boolean(),
});

/** A group that a message is about: what is added to its text when it is posted. */
const subject = z.object({
  cluster: z.string(),
  group: z.string(),
  startsAtMs: z.number(),
  /** Null while it lasts: then the newest data is added; else the peak between the two. */
  endsAtMs: z.number().nullable(),
});

const outboxMessage = z.object({
  /** Of the notification, or made up for a message of the relay's own. */
  id: z.string(),
  /** `notification` is counted as a notification of Grafana; `own` is the relay's own message. */
  kind: z.enum(["notification", "own"]),
  /** Name of the Slack channel in the configuration; empty: the common one. Order is kept within a channel. */
  channel: z.string(),
  /** Whose messages share a thread. */
  thread: z.string(),
  title: z.string(),
  text: z.string(),
  color: z.string(),
  mention: z.boolean(),
  subject: subject.optional(),
  /** The last message of its thread, for now. */
  closes: z.boolean(),
  queuedAtMs: z.number(),
  /** Begin of the newest attempt to send whose end is not known: Slack may have taken it. */
  intentAtMs: z.number().nullable(),
  /** An earlier attempt ended without an answer. */
  mayBeRepeat: z.boolean(),
  attempts: z.number(),
});

const closed = z.object({ atMs: z.number() });
const slackThread = z.object({ channel: z.string(), ts: z.string(), atMs: z.number(), title: z.string() });

export const relayState = z.object({
  version: z.literal(1),
  /** Ids of the notifications that were dealt with last, newest last: after a crash the spool may hand them out again. */
  processed: z.array(z.string()),
  alerts: z.record(z.string(), openAlert),
  /** By fingerprint: alerts that are over and told so. */
  closed: z.record(z.string(), closed),
  /** By cluster. */
  blind: z.record(z.string(), blindness),
  /** By cluster: when a told blindness ended. */
  sawAgainAtMs: z.record(z.string(), z.number()),
  /** When the relay told that Grafana ended alerts that last. */
  reloadToldAtMs: z.number().nullable().default(null),
  outbox: z.array(outboxMessage),
  threads: z.record(z.string(), slackThread),
  /** When the relay told that nothing comes from Grafana, or from the canary; null while all is well. */
  watchdogToldAtMs: z.number().nullable(),
  canaryToldAtMs: z.number().nullable(),
  canarySeenAtMs: z.number().nullable(),
  canaryReportedAtMs: z.number().nullable(),
  /** Since the state was first written; see `totals.ts` for what must add up. */
  totals: z.object({
    /** Notifications that left the inbox in the ordinary way. */
    processed: z.number(),
    /** Notifications that the bounds of the inbox pushed out. */
    dropped: z.number(),
    sent: z.number(),
    deadLettered: z.number(),
    merged: z.record(z.string(), z.number()),
    ownQueued: z.number(),
    ownSent: z.number(),
    ownDeadLettered: z.number(),
    uncertain: z.number(),
  }),
});

export type RelayState = z.output<typeof relayState>;
export type OpenAlert = z.output<typeof openAlert>;
export type OutboxMessage = z.output<typeof outboxMessage>;
export type Subject = z.output<typeof subject>;
export type Draft = Pick<
  OutboxMessage,
  "channel" | "thread" | "title" | "text" | "color" | "mention" | "closes" | "subject"
>;

/** A message as a dead letter keeps it; null for other text. */
export function parseMessage(text: string): OutboxMessage | null {
  try {
    return outboxMessage.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Why a notification led to no message of its own. */
export type MergeReason = "repeat" | "blind" | "unconfirmed" | "canary" | "empty";

/** More than the spool can hand out again after a crash: it acknowledges every half second. */
export const REMEMBERED_IDS = 2000;
const REMEMBERED_CLOSED = 2000;

export const EMPTY_STATE: RelayState = {
  version: 1,
  processed: [],
  alerts: {},
  closed: {},
  blind: {},
  sawAgainAtMs: {},
  reloadToldAtMs: null,
  outbox: [],
  threads: {},
  watchdogToldAtMs: null,
  canaryToldAtMs: null,
  canarySeenAtMs: null,
  canaryReportedAtMs: null,
  totals: {
    processed: 0,
    dropped: 0,
    sent: 0,
    deadLettered: 0,
    merged: {},
    ownQueued: 0,
    ownSent: 0,
    ownDeadLettered: 0,
    uncertain: 0,
  },
};

/** The alert is over. A late `resolved` of Grafana about it is no news any more. */
export function withClosed(state: RelayState, fingerprints: readonly string[], atMs: number): RelayState {
  const alerts = { ...state.alerts };
  const over = { ...state.closed };
  for (const fingerprint of fingerprints) {
    delete alerts[fingerprint];
    delete over[fingerprint];
    over[fingerprint] = { atMs };
  }
  return { ...state, alerts, closed: newest(over, REMEMBERED_CLOSED) };
}

/** The entries that were added last. */
export function newest<Value>(record: Readonly<Record<string, Value>>, count: number): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).slice(-count));
}
