/** Who holds which partitions: owner records and changes. Burrow's knowledge of owners has gaps, so silence is no news. */
import type { LagDocument } from "../../model/documents.ts";
import { round, type Stamp } from "./documents.ts";
import type { PartitionView } from "./partition-view.ts";
import { addMessages } from "./sums.ts";

type Load = { partitions: number; lag: number; timeLag: number; consumeRate: number };

/** Records of at most this many owners per group and tick. */
const MAX_OWNERS = 1000;

export function ownerDocuments(
  stamp: Stamp,
  of: { group: string; suspect: boolean },
  views: readonly PartitionView[],
): LagDocument[] {
  const loads = new Map<string, Load>();
  for (const view of views) {
    const owner = view.reading.owner;
    if (owner === null) continue;
    let load = loads.get(owner);
    if (load === undefined) {
      load = { partitions: 0, lag: 0, timeLag: Number.NaN, consumeRate: Number.NaN };
      loads.set(owner, load);
    }
    addLoad(load, view);
  }
  return [...loads.keys()]
    .toSorted()
    .slice(0, MAX_OWNERS)
    .flatMap((owner) => {
      const load = loads.get(owner);
      return load === undefined ? [] : [ownerDocument(stamp, { ...of, owner }, load)];
    });
}

function addLoad(load: Load, view: PartitionView): void {
  load.partitions++;
  if (!view.known) return;
  load.lag = addMessages(load.lag, view.lag);
  if (view.timeLag.seconds > load.timeLag || Number.isNaN(load.timeLag)) load.timeLag = view.timeLag.seconds;
  if (Number.isNaN(view.consumeRate)) return;
  load.consumeRate = (Number.isNaN(load.consumeRate) ? 0 : load.consumeRate) + view.consumeRate;
}

function ownerDocument(
  stamp: Stamp,
  of: { group: string; owner: string; suspect: boolean },
  load: Load,
): LagDocument {
  const document: LagDocument = {
    "@timestamp": stamp.timestamp,
    record: "owner",
    cluster: stamp.cluster,
    group: of.group,
    owner: of.owner,
    partition_count: load.partitions,
    total_lag: load.lag,
  };
  if (of.suspect) return document;
  if (!Number.isNaN(load.timeLag)) document.time_lag_seconds = round(load.timeLag);
  if (!Number.isNaN(load.consumeRate)) document.consume_rate = round(load.consumeRate);
  return document;
}

/** The owners of a group, sorted. */
export function ownersOf(views: readonly PartitionView[]): readonly string[] {
  const owners = new Set<string>();
  for (const view of views) if (view.reading.owner !== null) owners.add(view.reading.owner);
  return [...owners].toSorted();
}

export function sameOwners(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((owner, index) => owner === b[index]);
}

/** Owner names as small numbers, so that a partition row needs four bytes for its last known owner. */
export class OwnerNames {
  readonly #names: string[] = [""];
  readonly #numbers = new Map<string, number>();

  number(owner: string): number {
    const known = this.#numbers.get(owner);
    if (known !== undefined) return known;
    const number = this.#names.push(owner) - 1;
    this.#numbers.set(owner, number);
    return number;
  }

  name(number: number): string | null {
    return number === 0 ? null : (this.#names[number] ?? null);
  }

  get size(): number {
    return this.#names.length;
  }

  clear(): void {
    this.#names.length = 1;
    this.#numbers.clear();
  }

  /** Names in the order of their numbers, from 1 on. */
  all(): readonly string[] {
    return this.#names.slice(1);
  }
}
