/**
 * Burrow's own status words in Burrow's own order, which is also their number.
 * Source: Burrow 1.9.6, protocol/evaluator.go. Telegraf numbers the same words differently; that mapping belongs to
 * the `telegraf` shape alone.
 */
export const BURROW_STATUSES = ["NOTFOUND", "OK", "WARN", "ERR", "STOP", "STALL", "REWIND"] as const;

export type BurrowStatus = (typeof BURROW_STATUSES)[number] | "UNKNOWN";

/** The code of a status, 0 (NOTFOUND) to 6 (REWIND); undefined for a word Burrow 1.9.6 does not have. */
export function statusCode(status: string): number | undefined {
  const index = (BURROW_STATUSES as readonly string[]).indexOf(status);
  return index === -1 ? undefined : index;
}

/** Keeps a known word and turns any other into UNKNOWN. */
export function toBurrowStatus(word: string): BurrowStatus {
  return statusCode(word) === undefined ? "UNKNOWN" : (word as BurrowStatus);
}
