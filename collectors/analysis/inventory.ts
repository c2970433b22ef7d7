/** Which groups there are, which came, which are gone. Absence is a finding, not a missing line. */
import type { LagDocument } from "../../model/documents.ts";
import type { PolicyResolver } from "../../model/policy.ts";
import { VERDICTS } from "../../model/verdicts.ts";
import { seconds, type Stamp } from "./documents.ts";
import { vanishedEvent, verdictEvent } from "./events.ts";
import { formatCount, formatDuration, formatList } from "./format.ts";
import { vanishedDocument } from "./group-document.ts";
import type { GroupState } from "./group-state.ts";
import type { Memory } from "./memory.ts";
import { MAX_VANISHED_GROUPS, type Settings } from "./settings.ts";

export type Absence = {
  readonly memory: Memory;
  readonly stamp: Stamp;
  readonly settings: Settings;
  readonly resolvePolicy: PolicyResolver;
  readonly suspectReason: string | null;
  /** Groups read in this tick, or listed and unreadable for a reason that is no absence. */
  readonly present: ReadonlySet<string>;
  /** Listed, but the answer could not be read: why. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** True when the absence of a name from Burrow's list is evidence. */
  readonly listComplete: boolean;
  /** Listed, but Burrow answered that it does not know them. */
  readonly notFound: ReadonlySet<string>;
};

export type AbsenceResult = {
  readonly documents: LagDocument[];
  readonly vanished: number;
  readonly held: number;
};

/** Groups that idled this long before they left have expired, which is how Kafka forgets; nobody is missing them. */
const EXPIRED_IDLE_MS = 24 * 3600 * 1000;
/** A group known for less was a test or a console. */
const SHORT_LIVED_MS = 10 * 60 * 1000;

export function reportAbsent(absence: Absence): AbsenceResult {
  const { memory, stamp } = absence;
  const documents: LagDocument[] = [];
  let vanished = 0;
  let held = 0;
  for (const state of memory.groups.values()) {
    const before = documents.length;
    if (absence.present.has(state.group)) {
      state.missingSinceMs = 0;
      const fault = absence.unreadable.get(state.group);
      if (fault !== undefined)
        held += documents.push(...holdAbsent(absence, state, unreadableReason(fault))) - before;
      continue;
    }
    if (absence.suspectReason !== null) {
      held += documents.push(...holdAbsent(absence, state, absence.suspectReason)) - before;
      continue;
    }
    if (!absence.listComplete && !absence.notFound.has(state.group)) continue;
    if (state.missingSinceMs === 0) state.missingSinceMs = stamp.nowMs;
    const written = vanished < MAX_VANISHED_GROUPS ? reportOne(absence, state) : [];
    if (written.length > 0 && state.vanishedReported) vanished++;
    documents.push(...written);
  }
  return { documents, vanished, held };
}

function unreadableReason(detail: string): string {
  return `Burrow's answer for this group could not be read: ${detail.replace(/[.\s]+$/u, "")}.`;
}

/** A group missing while the list itself is in doubt keeps its last judgement. */
function holdAbsent(absence: Absence, state: GroupState, reason: string): LagDocument[] {
  const { stamp } = absence;
  if (state.trusted === null || state.vanishedReported) return [];
  const policy = absence.resolvePolicy(state.group, [...state.rows.keys()]);
  return [
    vanishedDocument(stamp, state, {
      policy,
      judged: {
        verdict: "suspect_data",
        verdictCode: VERDICTS[state.trusted.verdict].code,
        sinceMs: state.verdictSinceMs,
        cause: `${reason} Last trusted verdict: ${VERDICTS[state.trusted.verdict].label}.`,
        objectiveRatio: state.trusted.objectiveRatio,
        suspectReason: reason,
      },
    }),
  ];
}

function reportOne(absence: Absence, state: GroupState): LagDocument[] {
  const { memory, stamp, settings } = absence;
  const goneMs = stamp.nowMs - state.missingSinceMs;
  const policy = absence.resolvePolicy(state.group, [...state.rows.keys()]);
  const missed = isMissed(state) && !policy.expected_idle;
  if (goneMs < settings.vanishAfterMs) return missed ? repeatLast(absence, state) : [];
  if (!missed || goneMs > settings.vanishedKeepMs) {
    const event = state.vanishedReported ? [] : [goneEvent(stamp, state)];
    memory.dropGroup(state);
    return event;
  }
  const cause = vanishedCause(state, goneMs);
  const events: LagDocument[] = [];
  if (!state.vanishedReported) {
    state.vanishedReported = true;
    events.push(
      goneEvent(stamp, state),
      verdictEvent(stamp, state.group, {
        from: state.settled.verdict,
        to: "vanished",
        heldSeconds: seconds(stamp.nowMs - state.verdictSinceMs),
        cause,
        team: policy.team,
        peak: state.peak,
      }),
    );
    state.peak = { timeLag: Number.NaN, lag: state.trusted?.totalLag ?? 0, partitions: 0, cause };
    state.settled.verdict = "vanished";
    state.settled.pendingTicks = 0;
    state.verdictSinceMs = stamp.nowMs;
  }
  const judged = {
    verdict: "vanished",
    verdictCode: VERDICTS.vanished.code,
    sinceMs: state.verdictSinceMs,
    cause,
    objectiveRatio: null,
    suspectReason: null,
  } as const;
  return [vanishedDocument(stamp, state, { policy, judged }), ...events];
}

/** Gone for a tick or two: Burrow drops and re-makes groups on its own, so the last verdict stands. */
function repeatLast(absence: Absence, state: GroupState): LagDocument[] {
  const { stamp } = absence;
  const { trusted } = state;
  if (trusted === null) return [];
  const policy = absence.resolvePolicy(state.group, [...state.rows.keys()]);
  const judged = {
    verdict: trusted.verdict,
    verdictCode: VERDICTS[trusted.verdict].code,
    sinceMs: state.verdictSinceMs,
    cause: `Not in Burrow's answer for ${formatDuration((stamp.nowMs - state.readAtMs) / 1000)}. Before: ${trusted.cause}`,
    objectiveRatio: trusted.objectiveRatio,
    suspectReason: null,
  };
  return [vanishedDocument(stamp, state, { policy, judged })];
}

function isMissed(state: GroupState): boolean {
  if (state.readAtMs === 0) return false;
  const known = state.readAtMs - state.firstSeenMs >= SHORT_LIVED_MS;
  const expired = state.lastCommitMs > 0 && state.readAtMs - state.lastCommitMs > EXPIRED_IDLE_MS;
  return known && !expired;
}

function vanishedCause(state: GroupState, goneMs: number): string {
  const gone = formatDuration(goneMs / 1000);
  const lag = state.trusted?.totalLag ?? 0;
  const before = lag > 0 ? `it had ${formatCount(lag)} messages to go` : "it had no lag";
  const owners = state.owners.length > 0 ? state.owners : state.lastOwners;
  const last = owners.length === 0 ? "" : `; its last owners: ${formatList(owners, 3)}`;
  return `Gone from Burrow for ${gone}; ${before}${last}. Deleted, expired or renamed.`;
}

function goneEvent(stamp: Stamp, state: GroupState): LagDocument {
  return vanishedEvent(stamp, state.group, {
    cause: vanishedCause(state, stamp.nowMs - state.missingSinceMs),
    knownSeconds: seconds(state.readAtMs - state.firstSeenMs),
  });
}
