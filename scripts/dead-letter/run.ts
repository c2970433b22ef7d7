/** `lagline dead-letter list|show|retry|drop`: documents that Elasticsearch refused for good. */
import { join } from "node:path";
import type { RetriedLetter } from "../../collectors/retry-letters.ts";
import { retryLetters } from "../../collectors/retry-letters.ts";
import { closeDeadLetters, readDeadLetters } from "../../collectors/spool/dead-letter-reader.ts";
import type { StoredLetter } from "../../collectors/spool/dead-letter-reader.ts";
import { DEAD_LETTER_FOLDER } from "../../collectors/spool/open.ts";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { summarise } from "./summary.ts";

export type DeadLetterOptions = {
  readonly cluster: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Which letters a command is about; exactly one of them. */
export type Choice = {
  readonly ids: readonly string[];
  readonly all: boolean;
  readonly type: string | undefined;
};

const folderOf = (config: Config, cluster: string): string =>
  join(config.collector.spool_directory, cluster, DEAD_LETTER_FOLDER);

export async function listLetters(
  config: Config,
  { cluster, print, json }: DeadLetterOptions & { readonly json: boolean },
): Promise<void> {
  const letters = await readDeadLetters(folderOf(config, cluster));
  if (json) for (const letter of letters) print(JSON.stringify(letter));
  else for (const line of summarise(cluster, letters)) print(line);
}

/** @throws LaglineError `LAGLINE_DEAD_LETTERS_NONE` when an id is not there. */
export async function showLetters(
  config: Config,
  { cluster, print, ids }: DeadLetterOptions & { readonly ids: readonly string[] },
): Promise<void> {
  const chosen = choose(await readDeadLetters(folderOf(config, cluster)), {
    ids,
    all: false,
    type: undefined,
  });
  for (const { document, ...about } of chosen) {
    print(JSON.stringify(about));
    print(document);
  }
}

/**
 * True when each letter was taken. Letters that are refused again stay, with their first reason.
 * @throws LaglineError `LAGLINE_DEAD_LETTERS_NONE`, and what reading and closing letters throws.
 */
export async function retryChosen(
  config: Config,
  options: DeadLetterOptions & { readonly choice: Choice },
): Promise<boolean> {
  const { cluster, print, signal, choice } = options;
  const directory = folderOf(config, cluster);
  const chosen = choose(await readDeadLetters(directory), choice);
  const left: RetriedLetter[] = [];
  let taken = 0;
  for await (const batch of retryLetters(config, chosen, signal)) {
    const done = batch.filter(({ outcome }) => outcome.kind === "stored" || outcome.kind === "duplicate");
    await closeDeadLetters(
      directory,
      done.map(({ letter }) => letter.id),
    );
    taken += done.length;
    left.push(...batch.filter((each) => !done.includes(each)));
  }
  print(`${taken} of ${chosen.length} dead letters of ${cluster} are in Elasticsearch now.`);
  for (const line of reasons(left)) print(line);
  return left.length === 0;
}

export async function dropChosen(
  config: Config,
  { cluster, print, choice }: DeadLetterOptions & { readonly choice: Choice },
): Promise<void> {
  const directory = folderOf(config, cluster);
  const chosen = choose(await readDeadLetters(directory), choice);
  await closeDeadLetters(
    directory,
    chosen.map(({ id }) => id),
  );
  print(`${chosen.length} dead letters of ${cluster} are dropped.`);
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

/** One line for each reason why letters are left. */
function reasons(left: readonly RetriedLetter[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { outcome } of left) {
    const reason =
      outcome.kind === "dead"
        ? `refused again: ${outcome.errorType}: ${outcome.reason}`
        : `not sent: ${outcome.kind === "retry" ? outcome.detail : outcome.kind}`;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => `  ${count} ${reason}`);
}
