/** Everything the analysis remembers between ticks. */
import { Gates } from "./gates.ts";
import { newGroupState, type GroupState } from "./group-state.ts";
import { HeadHistory } from "./head-history.ts";
import { OwnerNames } from "./owners.ts";
import { PartitionTable } from "./partition-table.ts";
import { PartitionView } from "./partition-view.ts";
import { IsoTimes } from "./format.ts";
import { TimeLagFinder } from "./time-lag.ts";
import { Topics } from "./topics.ts";

/** Some 20 MB of names. */
const MAX_OWNER_NAMES = 200_000;

export class Memory {
  readonly history = new HeadHistory();
  readonly table = new PartitionTable();
  readonly topics = new Topics(this.history);
  readonly finder = new TimeLagFinder(this.history);
  readonly owners = new OwnerNames();
  readonly groups = new Map<string, GroupState>();
  readonly gates = new Gates();
  readonly times = new IsoTimes();
  /** False until a first tick was finished or history was taken over: then nothing can have appeared or vanished. */
  hasPast = false;
  lastTickMs = 0;
  /** Begin of the present stretch of trusted ticks; 0 when never interrupted. */
  trustedSinceMs = 0;
  wasSuspect = false;
  readonly #views: PartitionView[] = [];

  group(name: string, nowMs: number): { state: GroupState; isNew: boolean } {
    const known = this.groups.get(name);
    if (known !== undefined) return { state: known, isNew: false };
    const state = newGroupState(name, nowMs);
    this.groups.set(name, state);
    return { state, isNew: true };
  }

  /** The row of a partition; made when it is seen for the first time. */
  row(state: GroupState, of: { topic: string; partition: number; slot: number }): number {
    let rows = state.rows.get(of.topic);
    if (rows === undefined) {
      rows = [];
      state.rows.set(of.topic, rows);
    }
    const known = rows[of.partition];
    if (known !== undefined && known >= 0) {
      this.table.head[known] = of.slot;
      return known;
    }
    for (let index = rows.length; index < of.partition; index++) rows[index] = -1;
    return (rows[of.partition] = this.table.add(of.slot));
  }

  /** Pooled views: as many as the largest group has partitions. */
  views(count: number): readonly PartitionView[] {
    while (this.#views.length < count) this.#views.push(new PartitionView());
    return this.#views.slice(0, count);
  }

  /** Hosts come and go: past the bound the last known owners are forgotten and learned again in the next tick. */
  limitOwners(): void {
    if (this.owners.size <= MAX_OWNER_NAMES) return;
    this.owners.clear();
    this.table.owner.fill(0);
  }

  dropGroup(state: GroupState): void {
    for (const rows of state.rows.values()) for (const row of rows) if (row >= 0) this.table.remove(row);
    this.groups.delete(state.group);
  }
}
