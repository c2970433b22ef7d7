/** Messages in the outbox and what becomes of them, as changes of the state. Pure; each keeps the totals in step. */
import { newest } from "./state.ts";
import type { Draft, OutboxMessage, RelayState } from "./state.ts";

const REMEMBERED_THREADS = 2000;

/** Queues a message of the relay's own. */
export function withOwnMessage(
  state: RelayState,
  draft: Draft,
  about: { readonly id: string; readonly nowMs: number },
): RelayState {
  const { totals } = state;
  return {
    ...state,
    outbox: [...state.outbox, queued(draft, { ...about, kind: "own" })],
    totals: { ...totals, ownQueued: totals.ownQueued + 1 },
  };
}

export function queued(
  draft: Draft,
  about: { readonly id: string; readonly nowMs: number; readonly kind: OutboxMessage["kind"] },
): OutboxMessage {
  const { id, kind, nowMs } = about;
  return { ...draft, id, kind, queuedAtMs: nowMs, intentAtMs: null, mayBeRepeat: false, attempts: 0 };
}

export function withReplaced(state: RelayState, message: OutboxMessage): RelayState {
  return { ...state, outbox: state.outbox.map((one) => (one.id === message.id ? message : one)) };
}

/** The end of an attempt is not known: the next one may be a repeat. */
export function withUncertain(state: RelayState, message: OutboxMessage): RelayState {
  const { totals } = state;
  return {
    ...withReplaced(state, { ...message, intentAtMs: null, mayBeRepeat: true }),
    totals: { ...totals, uncertain: totals.uncertain + 1 },
  };
}

export function withSent(
  state: RelayState,
  message: OutboxMessage,
  place: { readonly channel: string; readonly ts: string } | undefined,
): RelayState {
  const { totals } = state;
  const isOwn = message.kind === "own";
  const next = {
    ...withRemoved(state, message),
    totals: {
      ...totals,
      sent: totals.sent + (isOwn ? 0 : 1),
      ownSent: totals.ownSent + (isOwn ? 1 : 0),
    },
  };
  if (message.closes) {
    const threads = { ...next.threads };
    delete threads[message.thread];
    return { ...next, threads };
  }
  // Only the first message of a thread: later ones are replies to it.
  if (place === undefined || next.threads[message.thread] !== undefined) return next;
  return withThread(next, message.thread, { ...place, atMs: message.queuedAtMs, title: message.title });
}

/** It lies with the dead letters; what stands in for it takes its place, so that it is not lost in silence. */
export function withBuried(
  state: RelayState,
  message: OutboxMessage,
  standIn: { readonly draft: Draft; readonly id: string; readonly nowMs: number } | null,
): RelayState {
  const { totals } = state;
  const isOwn = message.kind === "own";
  const without = {
    ...withRemoved(state, message),
    totals: {
      ...totals,
      deadLettered: totals.deadLettered + (isOwn ? 0 : 1),
      ownDeadLettered: totals.ownDeadLettered + (isOwn ? 1 : 0),
    },
  };
  return standIn === null ? without : withOwnMessage(without, standIn.draft, standIn);
}

function withRemoved(state: RelayState, message: OutboxMessage): RelayState {
  return { ...state, outbox: state.outbox.filter(({ id }) => id !== message.id) };
}

export function withThread(
  state: RelayState,
  thread: string,
  place: RelayState["threads"][string],
): RelayState {
  const threads = { ...state.threads };
  delete threads[thread];
  threads[thread] = place;
  return { ...state, threads: newest(threads, REMEMBERED_THREADS) };
}
