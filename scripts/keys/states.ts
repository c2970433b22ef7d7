/** What each key that Elasticsearch knows is to this host. Pure, but for the files that it reads. */
import type { StoredKey } from "./key-api.ts";
import { heldKeyId } from "./key-file.ts";
import type { KeyTarget } from "./programs.ts";

export type KeyState = "in use" | "older" | "orphaned" | "elsewhere" | "unknown";

/**
 * `in use`: a file of the configuration holds it. `older`: the file it was made for holds a newer one. `orphaned`: made
 * on this host for a file that is gone, holds something else, or is not in the configuration. `elsewhere`: made on
 * another host. `unknown`: not made by `lagline keys`.
 */
export function stateOf(
  key: StoredKey,
  known: {
    readonly keys: readonly StoredKey[];
    readonly targets: readonly KeyTarget[];
    readonly host: string;
  },
): KeyState {
  const { keys, targets, host } = known;
  if (targets.some(({ file }) => heldKeyId(file) === key.id)) return "in use";
  if (key.origin === null) return "unknown";
  if (key.origin.host !== host) return "elsewhere";
  const target = targets.find(({ file, name }) => file === key.origin?.file && name === key.name);
  const current = target === undefined ? undefined : heldKeyId(target.file);
  const successor = keys.find(({ id, name }) => id === current && name === key.name);
  return successor !== undefined && successor.createdMs >= key.createdMs ? "older" : "orphaned";
}

/** Keys of these targets that a newer one in the same file replaced. */
export function superseded(
  keys: readonly StoredKey[],
  targets: readonly KeyTarget[],
  host: string,
): readonly StoredKey[] {
  return keys.filter(
    (key) =>
      targets.some(({ name }) => name === key.name) && stateOf(key, { keys, targets, host }) === "older",
  );
}
