/** Which of several collectors of one cluster reads a group. Pure, and the same in every release: two releases may run at once. */

export type Shard = {
  /** From 1. */
  readonly index: number;
  readonly of: number;
};

export const MAXIMUM_SHARDS = 16;

/** FNV-1a over UTF-16 code units: no table, no state, good enough to be mixed once more. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** 2^32 divided by the golden ratio: neighbouring numbers become far apart. */
const GOLDEN = 0x9e3779b1;

/**
 * The shard of a group, 1 to `of`: the one that gives its name the highest score (rendezvous hashing). Where `of` grows
 * by one, a group either stays or moves to the new shard, so 1 of `of` + 1 groups moves.
 */
export function shardOf(group: string, of: number): number {
  const name = hash(group);
  let best = 1;
  let highest = -1;
  for (let index = 1; index <= of; index += 1) {
    const score = mix(name ^ Math.imul(index, GOLDEN));
    if (score > highest) {
      highest = score;
      best = index;
    }
  }
  return best;
}

function hash(text: string): number {
  let value = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), FNV_PRIME);
  }
  return value;
}

/** The finaliser of MurmurHash3: each bit of the input changes half of the output. Unsigned. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
