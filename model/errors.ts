/** Every failure that a user may read: a stable code, a sentence with the value, and what to do. */
export type LaglineErrorOptions = {
  /** Stable, searchable, never reused: `LAGLINE_<AREA>_<REASON>`. */
  readonly code: `LAGLINE_${string}`;
  /** What failed with the value, and why. One sentence. */
  readonly message: string;
  /** What to do now. One sentence. */
  readonly hint?: string;
  /** True when the same call may succeed later without a change by a person. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
};

export class LaglineError extends Error {
  override readonly name = "LaglineError";
  readonly code: `LAGLINE_${string}`;
  readonly hint: string | undefined;
  readonly retryable: boolean;

  constructor(options: LaglineErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
  }
}

/** The text for a person: the message, then the hint. Unknown values become their own message, never a stack trace. */
export function describeError(error: unknown): string {
  if (error instanceof LaglineError) {
    // Behind a list the hint would read like a part of its last line.
    const gap = error.message.includes("\n") ? "\n" : " ";
    return error.hint === undefined ? error.message : `${error.message}${gap}${error.hint}`;
  }
  // Node's timers hide the reason why they were stopped behind an error of their own.
  if (error instanceof Error && error.name === "AbortError" && error.cause instanceof LaglineError)
    return describeError(error.cause);
  return error instanceof Error ? error.message : String(error);
}
