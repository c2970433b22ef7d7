/** Telegraf's numbers for Burrow's words. They differ from Burrow's own from WARN up. */
import type { DefectForm } from "./defects.ts";

const TELEGRAF_CODES: ReadonlyMap<string, number> = new Map([
  ["OK", 1],
  ["NOT_FOUND", 2],
  ["WARN", 3],
  ["ERR", 4],
  ["STOP", 5],
  ["STALL", 6],
]);

/** Burrow's spelling of NOTFOUND, and a code above STALL for the word that Telegraf does not know. */
const FIXED_CODES: ReadonlyMap<string, number> = new Map([...TELEGRAF_CODES, ["NOTFOUND", 2], ["REWIND", 7]]);

/** The code of a word; undefined (`fix`) or 0 (`keep`) for a word that has none. */
export function telegrafStatusCode(word: string, form: DefectForm): number | undefined {
  return form === "keep" ? (TELEGRAF_CODES.get(word) ?? 0) : FIXED_CODES.get(word);
}
