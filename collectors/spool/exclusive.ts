/** Runs one task at a time, in the order of the calls. */
export function createExclusive(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return async (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
}

/** Lets a reader sleep until there may be work; a signal given while nobody waits is kept. */
export class Wakeup {
  readonly #waiting = new Set<() => void>();
  #pending = false;

  wake(): void {
    if (this.#waiting.size === 0) this.#pending = true;
    for (const resolve of this.#waiting) resolve();
  }

  async wait(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void> {
    const { timeoutMs, signal } = options;
    if (this.#pending || timeoutMs <= 0 || signal?.aborted === true) {
      this.#pending = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(finish);
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiting.add(finish);
      signal?.addEventListener("abort", finish, { once: true });
    });
  }
}
