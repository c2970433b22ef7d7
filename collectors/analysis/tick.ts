/** One tick: topics in, groups in, then everything that needs the whole cluster. */
import type { LagDocument } from "../../model/documents.ts";
import type { BatchWindow } from "../../model/policy.ts";
import type { GroupReading, ScrapeProblem, TopicReading } from "../../model/snapshot.ts";
import { analyseGroup } from "./analyse-group.ts";
import { expectLag, type LagExpectation } from "./batch-window.ts";
import { ClusterCounts, clusterDocument } from "./cluster-document.ts";
import { usableSkew } from "./commit-time.ts";
import type { AnalyserOptions, TickAnalysis, TickInput } from "./contract.ts";
import type { Stamp } from "./documents.ts";
import { appearedEvent } from "./events.ts";
import { isSteady, shiftActivity, type TickCounts } from "./gates.ts";
import type { GroupFacts } from "./group-state.ts";
import { reportAbsent } from "./inventory.ts";
import { judgeGroup } from "./judge-group.ts";
import type { Memory } from "./memory.ts";
import type { Observer } from "./learn.ts";
import { deriveSettings, type Settings } from "./settings.ts";
import { addMessages } from "./sums.ts";

/** Lag that became this many times larger in one tick cannot come from traffic alone. */
const JUMP = 10;

export class Tick implements TickAnalysis {
  readonly #options: AnalyserOptions;
  readonly #memory: Memory;
  readonly #input: TickInput;
  readonly #settings: Settings;
  readonly #stamp: Stamp;
  readonly #counts = new ClusterCounts();
  readonly #across: TickCounts = { groups: 0, jumped: 0, replayed: 0, beyondEnd: 0, committed: false };
  readonly #facts: GroupFacts[] = [];
  readonly #events: LagDocument[] = [];
  readonly #present = new Set<string>();
  readonly #notFound = new Set<string>();
  readonly #unreadable = new Map<string, string>();
  readonly #expectations = new Map<readonly BatchWindow[] | undefined, LagExpectation | null>();
  #reason: string | null;
  #observer: Observer | null = null;
  #steadyGroups = 0;

  constructor(options: AnalyserOptions, memory: Memory, input: TickInput) {
    this.#options = options;
    this.#memory = memory;
    this.#input = input;
    this.#settings = deriveSettings(options.intervalSeconds, input.burrow.offsetRefreshSeconds);
    this.#stamp = {
      timestamp: new Date(input.tickMs).toISOString(),
      cluster: options.cluster,
      nowMs: input.nowMs,
      times: memory.times,
    };
    this.#reason = memory.gates.atBegin(input, this.#settings);
  }

  addTopic(reading: TopicReading): readonly LagDocument[] {
    this.#counts.topics++;
    const { topics } = this.#memory;
    const learn = this.#input.burrow.ready && !this.#memory.wasSuspect;
    const state = topics.read(reading, this.#input.nowMs, learn);
    return topics.documents(reading, state, { stamp: this.#stamp, settings: this.#settings });
  }

  addGroup(reading: GroupReading): readonly LagDocument[] {
    if (this.#present.has(reading.group)) return [];
    this.#present.add(reading.group);
    const observer = this.#observerOfTick();
    const { nowMs } = this.#input;
    const { state, isNew } = this.#memory.group(reading.group, nowMs);
    if (isNew && this.#memory.hasPast) this.#events.push(appearedEvent(this.#stamp, reading.group, null));
    if (state.vanishedReported) {
      state.vanishedReported = false;
      this.#events.push(appearedEvent(this.#stamp, reading.group, (nowMs - state.missingSinceMs) / 1000));
    }
    const topics = topicsOf(reading);
    const policy = this.#options.resolvePolicy(reading.group, topics);
    const { facts, documents } = analyseGroup(
      {
        memory: this.#memory,
        observer,
        stamp: this.#stamp,
        policy,
        expectation: this.#expectation(policy.batch_windows),
        state,
        trustedSeconds: this.#trustedSeconds(),
      },
      reading,
    );
    facts.topics = topics;
    this.#note(facts);
    return documents;
  }

  addUnreadable(group: string, problem: ScrapeProblem): void {
    if (problem.kind === "not_found") {
      this.#notFound.add(group);
      return;
    }
    this.#counts.unreadable++;
    this.#unreadable.set(group, problem.detail);
    // A fault of the scrape is no absence.
    this.#present.add(group);
  }

  finish(): readonly LagDocument[] {
    const reason = this.#closingReason();
    const documents: LagDocument[] = [];
    for (const facts of this.#facts) {
      const judging = { stamp: this.#stamp, settings: this.#settings, suspectReason: reason };
      const judged = judgeGroup(judging, facts);
      this.#counts.count(judged.verdict);
      documents.push(...judged.documents);
    }
    const absent = reportAbsent({
      memory: this.#memory,
      stamp: this.#stamp,
      settings: this.#settings,
      resolvePolicy: this.#options.resolvePolicy,
      suspectReason: reason,
      present: this.#presentNames(),
      unreadable: this.#unreadable,
      listComplete: this.#input.listComplete && this.#input.burrow.ready,
      notFound: this.#notFound,
    });
    for (let index = 0; index < absent.vanished; index++) this.#counts.count("vanished");
    for (let index = 0; index < absent.held; index++) this.#counts.count("suspect_data");
    documents.push(...absent.documents, ...this.#events);
    documents.push(
      clusterDocument(this.#stamp, this.#input, { counts: this.#counts, suspectReason: reason }),
    );
    this.#close(reason);
    return documents;
  }

  /** The gates that need the topics are judged when the first group comes. */
  #observerOfTick(): Observer {
    if (this.#observer !== null) return this.#observer;
    const memory = this.#memory;
    const { nowMs, burrow } = this.#input;
    const { activity } = memory.gates;
    if (memory.topics.anyMoved()) {
      activity.lastHeadMoveMs = nowMs;
      activity.quietHeadTicks = 0;
    } else activity.quietHeadTicks++;
    this.#reason ??= memory.gates.frozen(nowMs, this.#settings);
    if (this.#reason === null && memory.wasSuspect) memory.trustedSinceMs = nowMs;
    this.#observer = {
      table: memory.table,
      history: memory.history,
      finder: memory.finder,
      settings: this.#settings,
      clock: { nowMs, skewMs: usableSkew(burrow.clockSkewMs), settings: this.#settings },
      suspect: this.#reason !== null,
    };
    return this.#observer;
  }

  /** Many groups share a policy. */
  #expectation(windows: readonly BatchWindow[] | undefined): LagExpectation | null {
    if (windows === undefined) return null;
    const known = this.#expectations.get(windows);
    if (known !== undefined) return known;
    const found = expectLag(windows, this.#input.nowMs);
    this.#expectations.set(windows, found);
    return found;
  }

  #trustedSeconds(): number {
    const since = this.#memory.trustedSinceMs;
    return since === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.#input.nowMs - since) / 1000;
  }

  #note(facts: GroupFacts): void {
    const { state } = facts;
    const counts = this.#counts;
    this.#facts.push(facts);
    counts.groups++;
    counts.partitions += facts.partitionCount;
    counts.totalLag = addMessages(counts.totalLag, facts.totalLag);
    if (facts.complete < this.#options.minimumComplete) counts.incomplete++;
    counts.newestCommitMs = Math.max(counts.newestCommitMs, facts.newestCommitMs);
    state.lastCommitMs = Math.max(state.lastCommitMs, facts.newestCommitMs);
    if (isSteady(state.activity)) this.#steadyGroups++;
    state.activity = shiftActivity(state.activity, facts.fresh > 0);
    if (facts.fresh > 0) this.#across.committed = true;
    this.#across.groups++;
    if (facts.stale > 0) this.#across.replayed++;
    if (facts.known > 0 && facts.beyondEnd * 2 > facts.known) this.#across.beyondEnd++;
    if (hasJumped(facts)) this.#across.jumped++;
  }

  #closingReason(): string | null {
    this.#observerOfTick();
    const { gates } = this.#memory;
    const { nowMs } = this.#input;
    if (this.#across.committed) {
      gates.activity.lastCommitMs = nowMs;
      gates.activity.quietCommitTicks = 0;
      gates.activity.steadyGroups = this.#steadyGroups;
    } else gates.activity.quietCommitTicks++;
    return (
      this.#reason ??
      gates.frozen(nowMs, this.#settings) ??
      gates.acrossGroups(this.#across, nowMs, this.#settings)
    );
  }

  #presentNames(): ReadonlySet<string> {
    const names = new Set(this.#present);
    for (const name of this.#input.listedGroups) if (!this.#notFound.has(name)) names.add(name);
    return names;
  }

  #close(reason: string | null): void {
    const memory = this.#memory;
    const { nowMs } = this.#input;
    const topics = memory.topics.endTick();
    if (topics.moved) {
      memory.gates.activity.steadyTopics = topics.steady;
    }
    memory.limitOwners();
    memory.topics.forget(nowMs - this.#settings.forgetAfterMs);
    memory.wasSuspect = reason !== null;
    memory.hasPast = memory.hasPast || reason === null;
    memory.lastTickMs = nowMs;
  }
}

function topicsOf(reading: GroupReading): readonly string[] {
  const topics = new Set<string>();
  for (const partition of reading.partitions) topics.add(partition.topic);
  return [...topics].toSorted();
}

/** More than traffic can explain, and more than the group's floor. */
function hasJumped(facts: GroupFacts): boolean {
  const before = facts.state.trusted;
  if (before === null || facts.rewoundMessages > 0) return facts.rewoundMessages > 0 && before !== null;
  return facts.totalLag > JUMP * (before.totalLag + facts.policy.lag_floor + 1);
}
