/** Runs a function over many items, a few at a time, and gives the results as they come. */

export type BoundedOptions<Item, Result> = {
  readonly items: readonly Item[];
  readonly concurrency: number;
  readonly run: (item: Item) => Promise<Result>;
};

/**
 * Yields each result once, in order of completion. At most `concurrency` items are running or waiting to be taken, so
 * a slow reader slows the work down instead of filling memory. A rejection of `run` ends the stream.
 */
export async function* mapBounded<Item, Result>(
  options: BoundedOptions<Item, Result>,
): AsyncGenerator<Result, void, undefined> {
  const { items, concurrency, run } = options;
  const rest = items[Symbol.iterator]();
  const state: { running: number; done: Result[]; failure?: { error: unknown }; wake?: () => void } = {
    running: 0,
    done: [],
  };
  const work = async (item: Item): Promise<void> => {
    try {
      state.done.push(await run(item));
    } catch (error) {
      state.failure ??= { error };
    } finally {
      state.running -= 1;
      state.wake?.();
    }
  };
  const fill = (): void => {
    while (state.running + state.done.length < concurrency) {
      const next = rest.next();
      if (next.done === true) {
        return;
      }
      state.running += 1;
      // Never rejects; its end is seen through `running` and `wake`.
      void work(next.value);
    }
  };
  fill();
  while (state.running > 0 || state.done.length > 0) {
    if (state.failure !== undefined) {
      throw state.failure.error;
    }
    const ready = state.done.splice(0, 1);
    if (ready.length === 0) {
      await new Promise<void>((resolve) => {
        state.wake = resolve;
      });
      continue;
    }
    fill();
    yield* ready;
  }
  if (state.failure !== undefined) {
    throw state.failure.error;
  }
}
