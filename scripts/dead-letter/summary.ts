/** Dead letters by reason, as a person reads them. Pure. */
import type { StoredLetter } from "../../collectors/spool/dead-letter-reader.ts";
import type { LetterStore } from "./stores.ts";

const REASON_WIDTH = 160;

export function summarise(
  { of, words }: Pick<LetterStore, "of" | "words">,
  letters: readonly StoredLetter[],
): readonly string[] {
  if (letters.length === 0) return [`There are no dead letters of ${of}.`];
  const groups = new Map<string, StoredLetter[]>();
  for (const letter of letters) {
    // Reasons name the document's id or its values; what comes first is what they share.
    const key = `${letter.errorType}\n${letter.reason.slice(0, 40)}`;
    groups.set(key, [...(groups.get(key) ?? []), letter]);
  }
  const rows = [...groups.values()].toSorted((a, b) => b.length - a.length);
  return [
    `${letters.length} dead letters of ${of}, by reason:`,
    ...rows.flatMap(describe),
    `One whole letter: lagline dead-letter show ${words.join(" ")} <id>. After the cause is gone: lagline dead-letter retry ${words.join(" ")} --type <type>.`,
  ];
}

function describe(letters: readonly StoredLetter[]): readonly string[] {
  const [first] = letters;
  if (first === undefined) return [];
  const seen = letters.map(({ firstSeen }) => firstSeen).toSorted((a, b) => (a < b ? -1 : 1));
  return [
    `  ${letters.length} × ${first.errorType}${first.status === 0 ? "" : ` (HTTP ${first.status})`}, ${seen[0]} to ${seen.at(-1)}, such as ${first.id}`,
    `      ${first.reason.replaceAll(/\s+/g, " ").slice(0, REASON_WIDTH)}`,
  ];
}
