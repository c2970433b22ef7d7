/** One group of one tick: observe every partition, then judge each with its siblings in sight, then add up. */
import type { LagDocument } from "../../model/documents.ts";
import type { GroupReading } from "../../model/snapshot.ts";
import type { ResolvedPolicy } from "../../model/policy.ts";
import { VERDICTS, type Verdict } from "../../model/verdicts.ts";
import type { LagExpectation } from "./batch-window.ts";
import { partitionDocument, type Stamp } from "./documents.ts";
import { addToFacts, culpritsOf, newFacts, worstOf, worstVerdict } from "./group-facts.ts";
import type { Culprits, GroupFacts, GroupState } from "./group-state.ts";
import { settle, verdictOf, type Settled } from "./hysteresis.ts";
import type { Memory } from "./memory.ts";
import type { Observer } from "./learn.ts";
import { observe } from "./observe.ts";
import { ownerDocuments, ownersOf } from "./owners.ts";
import { partitionCause } from "./partition-cause.ts";
import {
  findPartitionVerdict,
  isLate,
  isShrinking,
  partitionFloor,
  type GroupContext,
} from "./partition-verdict.ts";
import type { PartitionView } from "./partition-view.ts";

export type GroupTask = {
  readonly memory: Memory;
  readonly observer: Observer;
  readonly stamp: Stamp;
  readonly policy: ResolvedPolicy;
  /** Null where the policy has no batch windows. */
  readonly expectation: LagExpectation | null;
  readonly state: GroupState;
  readonly trustedSeconds: number;
};

export function analyseGroup(
  task: GroupTask,
  reading: GroupReading,
): { facts: GroupFacts; documents: LagDocument[] } {
  const views = task.memory.views(reading.partitions.length);
  for (const [index, partition] of reading.partitions.entries()) {
    const view = views[index];
    if (view !== undefined) place(task, partition, view);
  }
  const context = contextOf(task, views);
  const facts = newFacts(task, reading);
  const documents: LagDocument[] = [];
  const verdicts: Verdict[] = [];
  for (const view of views) {
    const verdict = judge(task, view, context);
    verdicts.push(verdict);
    facts.verdicts[VERDICTS[verdict].code] = (facts.verdicts[VERDICTS[verdict].code] ?? 0) + 1;
    addToFacts(facts, view, context);
    documents.push(document(task, { group: reading.group, view, verdict }));
  }
  complete({ facts, views, verdicts, context });
  documents.push(
    ...ownerDocuments(task.stamp, { group: reading.group, suspect: task.observer.suspect }, views),
  );
  return { facts, documents };
}

function place(task: GroupTask, partition: GroupReading["partitions"][number], view: PartitionView): void {
  const { memory, observer } = task;
  const topic = memory.topics.get(partition.topic, observer.clock.nowMs);
  view.slot = memory.topics.slot(topic, partition.partition);
  view.row = memory.row(task.state, {
    topic: partition.topic,
    partition: partition.partition,
    slot: view.slot,
  });
  if (memory.topics.resets.has(view.slot)) memory.table.reset(view.row);
  if (partition.owner !== null) memory.table.owner[view.row] = memory.owners.number(partition.owner);
  view.owner = partition.owner === null ? 0 : (memory.table.owner[view.row] ?? 0);
  observe(observer, partition, view);
}

function contextOf(task: GroupTask, views: readonly PartitionView[]): GroupContext {
  const movingOwners = new Set<number>();
  let alive = false;
  let hasOwners = false;
  for (const view of views) {
    if (view.owner !== 0) hasOwners = true;
    if (!view.known || view.unmoved >= view.patience) continue;
    alive = true;
    if (view.owner !== 0) movingOwners.add(view.owner);
  }
  return {
    policy: task.policy,
    partitionFloor: partitionFloor(task.policy, views.length),
    alive,
    hasOwners,
    movingOwners,
    trustedSeconds: task.trustedSeconds,
    refreshSeconds: task.observer.settings.refreshMs / 1000,
    expectedAge: task.expectation?.ageSeconds ?? 0,
    overdueAge: task.expectation?.overdueSeconds ?? Number.POSITIVE_INFINITY,
  };
}

/** Reused for every partition: the columns hold the state, this only carries it through `settle`. */
const carrier = (): Settled => ({ verdict: "unknown", pending: "unknown", pendingTicks: 0 });

function judge(task: GroupTask, view: PartitionView, context: GroupContext): Verdict {
  const { table } = task.memory;
  const row = view.row;
  const given = table.verdictSinceMs[row] !== 0;
  const current = given ? verdictOf(table.verdict[row] ?? 0) : "unknown";
  if (task.observer.suspect || view.stale) {
    return given ? current : "unknown";
  }
  const found = findPartitionVerdict(view, current, context);
  if (found === current && given) {
    table.pendingTicks[row] = 0;
    return current;
  }
  const state = carrier();
  state.verdict = current;
  state.pending = verdictOf(table.pending[row] ?? 0);
  state.pendingTicks = table.pendingTicks[row] ?? 0;
  const changed = settle(state, found);
  table.pending[row] = VERDICTS[state.pending].code;
  table.pendingTicks[row] = state.pendingTicks;
  if (changed || !given) {
    table.verdict[row] = VERDICTS[state.verdict].code;
    table.verdictSinceMs[row] = task.stamp.nowMs;
  }
  return state.verdict;
}

function document(
  task: GroupTask,
  of: { group: string; view: PartitionView; verdict: Verdict },
): LagDocument {
  const { memory, observer, policy } = task;
  const { view, verdict } = of;
  const suspect = observer.suspect || view.stale;
  const shown = suspect ? "suspect_data" : verdict;
  const given = (memory.table.verdictSinceMs[view.row] ?? 0) > 0;
  const topic = memory.topics.get(view.reading.topic, observer.clock.nowMs);
  return partitionDocument(task.stamp, view, {
    group: of.group,
    verdict: shown,
    verdictCode: VERDICTS[suspect && given ? verdict : shown].code,
    sinceMs: memory.table.verdictSinceMs[view.row] || task.stamp.nowMs,
    cause: partitionCause(shown, view, policy.objective_seconds),
    suspect,
    lastOwner: memory.owners.name(memory.table.owner[view.row] ?? 0),
    label: memory.topics.label(topic, view.reading.partition),
  });
}

type Judged = {
  readonly facts: GroupFacts;
  readonly views: readonly PartitionView[];
  readonly verdicts: readonly Verdict[];
  readonly context: GroupContext;
};

function complete(of: Judged): void {
  const { facts, views, context } = of;
  facts.alive = context.alive;
  facts.owners = ownersOf(views);
  facts.worst = worstOf(views);
  facts.culprits = culprits(of);
}

/** The partitions a sentence must name: the failing ones, else those late and not shrinking, else those that grow. */
function culprits(of: Judged): Culprits | null {
  const { facts, views, verdicts, context } = of;
  const worst = worstVerdict(facts.verdicts);
  if (VERDICTS[worst].severity === "critical" || worst === "rewound") {
    return culpritsOf(views, (index) => verdicts[index] === worst, worst);
  }
  if (facts.totalLag < context.policy.lag_floor) return null;
  const most = facts.totalLag * 0.2;
  const late = facts.late > facts.lateShrinking;
  const isCulprit = (view: PartitionView) =>
    late
      ? isLate(view, context) && !isShrinking(view, context)
      : view.lag >= most && view.lag >= context.partitionFloor && view.lagVelocity > 0;
  return culpritsOf(
    views,
    (index) => {
      const view = views[index];
      return view !== undefined && isCulprit(view);
    },
    worst,
  );
}
