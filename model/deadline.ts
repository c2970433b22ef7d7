/**
 * A signal with an end, for one piece of work. `AbortSignal.any` with an `AbortSignal.timeout` among its sources is kept for
 * ever by Node (seen on 22.23: about 2 kB a call, so megabytes a day in a collector); this one goes when its work ends.
 */
export interface Deadline {
  /** Aborts after the time, with a `TimeoutError`, or with an outer signal and its reason. */
  readonly signal: AbortSignal;
  /** True when the time is over and was what ended the work. */
  isOver(): boolean;
  /** Lets go of timer and outer signals; the signal aborts no more. To be called when the work has ended. */
  end(): void;
}

/** @param ms from now. */
export function startDeadline(ms: number, ...outer: readonly AbortSignal[]): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = !controller.signal.aborted;
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  }, ms);
  timer.unref();
  const stops = outer.map((signal) => {
    const stop = (): void => controller.abort(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    return { signal, stop };
  });
  return {
    signal: controller.signal,
    isOver: () => isOver,
    end: () => {
      clearTimeout(timer);
      for (const { signal, stop } of stops) signal.removeEventListener("abort", stop);
    },
  };
}

/** Runs the work with such a signal, and lets go of it afterwards. */
export async function withDeadline<Result>(
  limits: { readonly ms: number; readonly signals: readonly AbortSignal[] },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = startDeadline(limits.ms, ...limits.signals);
  try {
    return await work(deadline.signal);
  } finally {
    deadline.end();
  }
}
