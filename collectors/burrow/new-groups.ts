/**
 * A group that has only just joined has owners but no commit yet, and Burrow answers a question about such a group by
 * forgetting it, owners included; they then stay unknown until the next rebalance (measured on Burrow 1.9.6). So a new
 * group is asked for from its second listing on, by when it has committed.
 */
import type { ListedNames } from "./lists.ts";

export interface NewGroups {
  /** The listing without the groups that are too new to be asked for. */
  settled(listed: ListedNames): ListedNames;
}

/** @param maximum names that a listing has at most; twice as many are remembered. */
export function createNewGroups(maximum: number): NewGroups {
  return new RememberedGroups(maximum);
}

class RememberedGroups implements NewGroups {
  readonly #maximum: number;
  /** Null before the first listing: nobody knows which of its groups are new, and none of them is kept waiting. */
  #known: Set<string> | null = null;
  #waiting: ReadonlySet<string> = new Set();

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  settled(listed: ListedNames): ListedNames {
    const known = this.#known;
    if (known === null) {
      // A listing that failed tells nothing.
      if (listed.complete) this.#known = new Set(listed.names);
      return listed;
    }
    const isNew = (name: string): boolean => !known.has(name) && !this.#waiting.has(name);
    const fresh = new Set(listed.names.filter(isNew));
    const names = fresh.size === 0 ? listed.names : listed.names.filter((name) => !fresh.has(name));
    for (const name of names) known.add(name);
    this.#waiting = fresh;
    if (known.size > 2 * this.#maximum) this.#known = new Set(names);
    return { ...listed, names };
  }
}
