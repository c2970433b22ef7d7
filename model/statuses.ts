/**
 * Burrow's own status words in Burrow's own order, which is also their number.
 * Source: Burrow 1.9.6, protocol/evaluator.go. Telegraf numbers the same words differently; that mapping belongs to
 * the `telegraf` shape alone.
 */
export const BURROW_STATUSES = ["NOTFOUND", "OK", "WARN", "ERR", "STOP", "STALL", "REWIND"] as const;

export type BurrowStatus = (typeof BURROW_STATUSES)[number] | "UNKNOWN";

const CODES: ReadonlyMap<string, number> = new Map(BURROW_STATUSES.map((status, code) => [status, code]));

/** The code of a status, 0 (NOTFOUND) to 6 (REWIND); undefined for a word Burrow 1.9.6 does not have. */
export function statusCode(status: string): number | undefined {
  return CODES.get(status);
}

/** Keeps a known word and turns any other into UNKNOWN. */
export function toBurrowStatus(word: string): BurrowStatus {
  return BURROW_STATUSES.find((status) => status === word) ?? "UNKNOWN";
}
