/** `lagline keys list`: every key of the environment, what uses it, and when it ends. */
import type { KeyRun } from "./issue.ts";
import { listKeys } from "./key-api.ts";
import type { StoredKey } from "./key-api.ts";
import type { KeyTarget } from "./programs.ts";
import { stateOf } from "./states.ts";
import type { KeyState } from "./states.ts";

const DAY_MS = 86_400_000;

export type KeyRow = {
  readonly name: string;
  readonly id: string;
  readonly created: string;
  /** Null: never. */
  readonly expires: string | null;
  /** Whole days, below 0 when it is over; null: never. */
  readonly days_left: number | null;
  readonly state: KeyState;
  /** The file that holds it, or that it was made for. */
  readonly file: string | null;
  readonly host: string | null;
  readonly owner: string;
  readonly made_with: string | null;
};

export async function keyRows(
  run: KeyRun,
  targets: readonly KeyTarget[],
  nowMs: number,
): Promise<readonly KeyRow[]> {
  const keys = await listKeys(run.http, run.environment, run.signal);
  return keys
    .map((key) => rowOf(key, stateOf(key, { keys, targets, host: run.host }), nowMs))
    .toSorted((a, b) => a.name.localeCompare(b.name) || b.created.localeCompare(a.created));
}

function rowOf(key: StoredKey, state: KeyState, nowMs: number): KeyRow {
  const { expiresMs, origin } = key;
  return {
    name: key.name,
    id: key.id,
    created: new Date(key.createdMs).toISOString(),
    expires: expiresMs === null ? null : new Date(expiresMs).toISOString(),
    days_left: expiresMs === null ? null : Math.floor((expiresMs - nowMs) / DAY_MS),
    state,
    file: origin?.file ?? null,
    host: origin?.host ?? null,
    owner: key.owner,
    made_with: origin?.version ?? null,
  };
}

/** The table, and under it a sentence for each thing that a person should do. */
export function keyLines(
  rows: readonly KeyRow[],
  about: { readonly targets: readonly KeyTarget[]; readonly warningDays: number },
): readonly string[] {
  if (rows.length === 0)
    return ["There are no API keys of this environment. `lagline keys create` makes them."];
  const cells = rows.map((row) => [row.name, row.id, row.created.slice(0, 10), endOf(row), whereOf(row)]);
  return [...columns([["NAME", "ID", "CREATED", "EXPIRES", "STATE"], ...cells]), ...remarks(rows, about)];
}

function endOf({ days_left: days }: KeyRow): string {
  if (days === null) return "never";
  if (days < 0) return "expired";
  return days === 0 ? "within a day" : `in ${days} ${days === 1 ? "day" : "days"}`;
}

function whereOf({ state, file, host }: KeyRow): string {
  switch (state) {
    case "in use":
      return `in use${file === null ? "" : ` (${file})`}`;
    case "elsewhere":
      return `made on ${host ?? "another host"} for ${file ?? "a file there"}`;
    case "unknown":
      return "not made by lagline keys";
    default:
      return `${state} (was for ${file ?? "no file"})`;
  }
}

function remarks(
  rows: readonly KeyRow[],
  { targets, warningDays }: { readonly targets: readonly KeyTarget[]; readonly warningDays: number },
): readonly string[] {
  const used = rows.filter(({ state }) => state === "in use");
  const programOf = ({ name }: KeyRow): string =>
    targets.find((target) => target.name === name)?.program ?? name;
  const ending = used
    .filter(({ days_left: days }) => days !== null && days < warningDays)
    .map(
      (row) =>
        `The key of the ${programOf(row)} ${row.days_left !== null && row.days_left < 0 ? "has expired" : `expires ${endOf(row)}`}: lagline keys rotate ${programOf(row)}`,
    );
  const without = targets
    .filter(({ name }) => !used.some((row) => row.name === name))
    .map(
      ({ program, file }) => `No valid key of the ${program} is in ${file}: lagline keys create ${program}`,
    );
  const older = rows.filter(({ state }) => state === "older").length;
  const orphaned = rows.filter(({ state }) => state === "orphaned");
  return [
    ...ending,
    ...without,
    ...(older === 0
      ? []
      : [`${older} older ${older === 1 ? "key is" : "keys are"} still valid: lagline keys revoke --older`]),
    ...orphaned.map(({ id }) => `No file here holds ${id}: lagline keys revoke --id ${id}`),
  ];
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => (row[index] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
