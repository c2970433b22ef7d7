/** Runs tasks side by side; the first failure stops the others and is the one that is told. */

export async function runTogether<Item, Result>(
  stop: AbortController,
  items: readonly Item[],
  task: (item: Item) => Promise<Result>,
): Promise<readonly (readonly [Item, Result])[]> {
  let first: { readonly error: unknown } | undefined;
  const running = items.map(async (item) => {
    try {
      return [item, await task(item)] as const;
    } catch (error) {
      first ??= { error };
      stop.abort(error);
      return undefined;
    }
  });
  const settled = await Promise.all(running);
  if (first !== undefined) throw first.error;
  return settled.filter((pair) => pair !== undefined);
}
