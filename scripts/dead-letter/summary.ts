/** Dead letters by reason, as a person reads them. Pure. */
import type { StoredLetter } from "../../collectors/spool/dead-letter-reader.ts";
import type { LetterStore } from "./stores.ts";

const REASON_WIDTH = 160;
/** More rows than this help nobody at the moment. */
const MOST_ROWS = 20;

export function summarise(
  { of, words }: Pick<LetterStore, "of" | "words">,
  letters: readonly StoredLetter[],
): readonly string[] {
  if (letters.length === 0) return [`There are no dead letters of ${of}.`];
  const groups = new Map<string, Group>();
  for (const letter of letters) {
    const key = `${letter.errorType}\n${alike(letter.reason)}`;
    const known = groups.get(key);
    if (known === undefined) {
      groups.set(key, { example: letter, count: 1, from: letter.firstSeen, to: letter.firstSeen });
      continue;
    }
    known.count += 1;
    if (letter.firstSeen < known.from) known.from = letter.firstSeen;
    if (letter.firstSeen > known.to) known.to = letter.firstSeen;
  }
  return [
    `${letters.length} dead letters of ${of}, by reason:`,
    ...largest([...groups.values()], describe),
    `One whole letter: lagline dead-letter show ${words.join(" ")} <id>. After the cause is gone: lagline dead-letter retry ${words.join(" ")} --type <type>.`,
  ];
}

/** Counts what is said of many letters, each in words of its own, as the few things that it is. */
export class ReasonCounts {
  readonly #groups = new Map<string, { readonly example: string; count: number }>();

  add(reason: string): void {
    const key = alike(reason);
    const known = this.#groups.get(key);
    if (known === undefined) this.#groups.set(key, { example: reason, count: 1 });
    else known.count += 1;
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  lines(): readonly string[] {
    return largest([...this.#groups.values()], ({ example, count }) => [
      `  ${count} ${example.replaceAll(/\s+/g, " ").slice(0, REASON_WIDTH)}`,
    ]);
  }
}

type Group = { readonly example: StoredLetter; count: number; from: string; to: string };

/** What reasons of one cause share: they name the document's id, its values, and where in it they stand. */
function alike(reason: string): string {
  return reason
    .slice(0, 1000)
    .replaceAll(/'[^']*'|"[^"]*"/g, "'…'")
    .replaceAll(/\b(?=\w*\d)[\w-]+/g, "…")
    .slice(0, REASON_WIDTH);
}

function largest<Row extends { readonly count: number }>(
  rows: readonly Row[],
  describeRow: (row: Row) => readonly string[],
): readonly string[] {
  const sorted = rows.toSorted((a, b) => b.count - a.count);
  const rest = sorted.slice(MOST_ROWS);
  const others = rest.reduce((sum, { count }) => sum + count, 0);
  return [
    ...sorted.slice(0, MOST_ROWS).flatMap(describeRow),
    ...(rest.length === 0 ? [] : [`  ${others} for ${rest.length} other reasons`]),
  ];
}

function describe({ example, count, from, to }: Group): readonly string[] {
  const { errorType, status, id, reason } = example;
  return [
    `  ${count} × ${errorType}${status === 0 ? "" : ` (HTTP ${status})`}, ${from} to ${to}, such as ${id}`,
    `      ${reason.replaceAll(/\s+/g, " ").slice(0, REASON_WIDTH)}`,
  ];
}
