/** `lagline keys revoke`. */
import { LaglineError } from "../../model/errors.ts";
import type { KeyRun } from "./issue.ts";
import { listKeys, revokeKeys } from "./key-api.ts";
import { withKeyLock } from "./lock.ts";
import { revokeOlder } from "./make.ts";
import type { KeyTarget } from "./programs.ts";
import { stateOf } from "./states.ts";

export type RevokeOrder = {
  /** Only those that a newer key in the same file replaced. */
  readonly older: boolean;
  /** Only these. */
  readonly ids: readonly string[];
  /** Also keys that are in use. */
  readonly yes: boolean;
};

/**
 * Ends keys of the environment and no others, at once.
 * @throws LaglineError `LAGLINE_USAGE_REVOKE` for an id that there is not, and for a key in use without `yes`.
 */
export async function revokeOrdered(
  run: KeyRun,
  targets: readonly KeyTarget[],
  order: RevokeOrder,
): Promise<void> {
  const files = targets.map(({ file }) => file);
  await withKeyLock(files, async () => {
    if (order.older) return revokeOlder(run, targets);
    const keys = await listKeys(run.http, run.environment, run.signal);
    const unknown = order.ids.filter((id) => !keys.some((key) => key.id === id));
    if (unknown.length > 0) {
      throw new LaglineError({
        code: "LAGLINE_USAGE_REVOKE",
        message: `This environment has no key ${unknown.join(", ")}.`,
        hint: "`lagline keys list` shows those that there are.",
      });
    }
    const chosen =
      order.ids.length > 0
        ? keys.filter(({ id }) => order.ids.includes(id))
        : keys.filter(({ name }) => targets.some((target) => target.name === name));
    const used = chosen.filter((key) => {
      const state = stateOf(key, { keys, targets, host: run.host });
      return state !== "older" && state !== "orphaned";
    });
    if (used.length > 0 && !order.yes) {
      const named = used.map(({ id, name }) => `${id} (${name})`).join(", ");
      throw new LaglineError({
        code: "LAGLINE_USAGE_REVOKE",
        message: `${named} may be in use; who uses it is refused at once.`,
        hint: "Say --yes to do it, or --older to revoke replaced keys only. `lagline keys rotate` is the way to a new key.",
      });
    }
    const done = await revokeKeys(
      run.http,
      chosen.map(({ id }) => id),
      run.signal,
    );
    run.log(done.length === 0 ? "There is nothing to revoke." : `Revoked: ${done.join(", ")}.`);
  });
}
