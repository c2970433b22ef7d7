/** `lagline dead-letter list|show|retry|drop`: what Elasticsearch or Slack refused for good. */
import { closeDeadLetters, readDeadLetters } from "../../collectors/spool/dead-letter-reader.ts";
import type { StoredLetter } from "../../collectors/spool/dead-letter-reader.ts";
import { LaglineError } from "../../model/errors.ts";
import type { LetterStore } from "./stores.ts";
import { ReasonCounts, summarise } from "./summary.ts";

export type DeadLetterOptions = {
  readonly store: LetterStore;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Which letters a command is about; exactly one of them. */
export type Choice = {
  readonly ids: readonly string[];
  readonly all: boolean;
  readonly type: string | undefined;
};

export async function listLetters({
  store,
  print,
  json,
}: DeadLetterOptions & { readonly json: boolean }): Promise<void> {
  const letters = await readDeadLetters(store.directory);
  if (json) for (const letter of letters) print(JSON.stringify(letter));
  else for (const line of summarise(store, letters)) print(line);
}

/** @throws LaglineError `LAGLINE_DEAD_LETTERS_NONE` when an id is not there. */
export async function showLetters({
  store,
  print,
  ids,
}: DeadLetterOptions & { readonly ids: readonly string[] }): Promise<void> {
  const choice = { ids, all: false, type: undefined };
  for (const { document, ...about } of choose(await readDeadLetters(store.directory), choice)) {
    print(JSON.stringify(about));
    print(document);
  }
}

/**
 * True when each letter was taken. Letters that are refused again stay, with their first reason.
 * @throws LaglineError `LAGLINE_DEAD_LETTERS_NONE`, and what reading and closing letters throws.
 */
export async function retryChosen(
  options: DeadLetterOptions & { readonly choice: Choice },
): Promise<boolean> {
  const { store, print, signal, choice } = options;
  const chosen = choose(await readDeadLetters(store.directory), choice);
  const reasons = new ReasonCounts();
  let taken = 0;
  for await (const batch of store.retry(chosen, signal)) {
    const done = batch.filter(({ left }) => left === null).map(({ letter }) => letter.id);
    await closeDeadLetters(store.directory, done);
    taken += done.length;
    for (const { left } of batch) if (left !== null) reasons.add(left);
  }
  print(`${taken} of ${chosen.length} dead letters of ${store.of} are ${store.receiver} now.`);
  for (const line of reasons.lines()) print(line);
  return reasons.isEmpty;
}

export async function dropChosen({
  store,
  print,
  choice,
}: DeadLetterOptions & { readonly choice: Choice }): Promise<void> {
  const chosen = choose(await readDeadLetters(store.directory), choice);
  await closeDeadLetters(
    store.directory,
    chosen.map(({ id }) => id),
  );
  print(`${chosen.length} dead letters of ${store.of} are dropped.`);
}

function choose(letters: readonly StoredLetter[], { ids, all, type }: Choice): readonly StoredLetter[] {
  if ([ids.length > 0, all, type !== undefined].filter(Boolean).length !== 1) {
    throw new LaglineError({
      code: "LAGLINE_USAGE_DEAD_LETTERS",
      message: "Say which dead letters: ids, or --type, or --all.",
      hint: "`lagline dead-letter list` shows them.",
    });
  }
  const known = new Set(letters.map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) {
    throw new LaglineError({
      code: "LAGLINE_DEAD_LETTERS_NONE",
      message: `There is no dead letter ${missing.join(", ")}.`,
      hint: "`lagline dead-letter list --json` shows the ids; letters that were stored or dropped are gone.",
    });
  }
  return letters.filter(
    ({ id, errorType }) => all || (type === undefined ? ids.includes(id) : errorType === type),
  );
}
