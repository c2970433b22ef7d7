/** Keeps the relay's state on disk: every change is written and synced before the next thing is done. */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createExclusive } from "../../collectors/spool/exclusive.ts";
import { LaglineError, describeError } from "../../model/errors.ts";
import { EMPTY_STATE, relayState } from "./state.ts";
import type { RelayState } from "./state.ts";

const FILE = "state.json";

export interface StateKeeper {
  /** The newest state that is on disk. */
  readonly now: RelayState;
  /**
   * Replaces the state by what `change` makes of the newest one. On disk when it resolves; unchanged when it rejects.
   * @throws LaglineError `LAGLINE_RELAY_STATE_UNWRITTEN`, retryable.
   */
  change(change: (state: RelayState) => RelayState): Promise<void>;
}

export type OpenedState = {
  readonly keeper: StateKeeper;
  /** Where a file that cannot be understood was moved to; null when all is well. */
  readonly quarantined: string | null;
};

/**
 * Begins without memory where the file cannot be understood: open alerts are then told about once more, which is better
 * than a relay that does not start.
 * @throws LaglineError `LAGLINE_RELAY_STATE_UNREADABLE` when the disk does not give the file.
 */
export async function openState(directory: string): Promise<OpenedState> {
  const path = join(directory, FILE);
  await mkdir(directory, { recursive: true });
  const text = await read(path);
  const known = text === null ? EMPTY_STATE : parse(text);
  if (known !== null) return { keeper: keeperOf(path, known), quarantined: null };
  const quarantined = `${path}.unreadable`;
  await rename(path, quarantined);
  return { keeper: keeperOf(path, EMPTY_STATE), quarantined };
}

function keeperOf(path: string, first: RelayState): StateKeeper {
  const exclusive = createExclusive();
  let state = first;
  return {
    get now() {
      return state;
    },
    async change(change) {
      await exclusive(async () => {
        const next = change(state);
        if (next === state) return;
        await write(path, JSON.stringify(next));
        state = next;
      });
    },
  };
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new LaglineError({
      code: "LAGLINE_RELAY_STATE_UNREADABLE",
      message: `The relay's state ${path} cannot be read: ${describeError(error)}.`,
      hint: "The relay's user must be able to read and write alerts.relay.directory.",
      cause: error,
    });
  }
}

function parse(text: string): RelayState | null {
  try {
    const parsed = relayState.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** A new file, synced, in the place of the old one: a crash leaves the one or the other, whole. */
async function write(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const directory = await open(dirname(path), "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch (error) {
    throw new LaglineError({
      code: "LAGLINE_RELAY_STATE_UNWRITTEN",
      message: `The relay's state ${path} cannot be written: ${describeError(error)}.`,
      hint: "Look at the disk of alerts.relay.directory; nothing is sent until it takes writes again.",
      retryable: true,
      cause: error,
    });
  }
}
