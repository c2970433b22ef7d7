/** One table of telegraf.conf, read option by option, so that what nobody asked for can be named at the end. */
import type { Notes } from "./notes.ts";
import { resolveReferences } from "./references.ts";

export type TomlTable = Readonly<Record<string, unknown>>;
export type Environment = Readonly<Record<string, string | undefined>>;

export function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

export class Table {
  /** As it is written in the file, such as `outputs.elasticsearch`. */
  readonly name: string;
  readonly #values: TomlTable;
  readonly #context: { readonly notes: Notes; readonly env: Environment };
  readonly #read = new Set<string>();

  constructor(
    name: string,
    values: TomlTable,
    context: { readonly notes: Notes; readonly env: Environment },
  ) {
    this.name = name;
    this.#values = values;
    this.#context = context;
  }

  has(option: string): boolean {
    return this.#values[option] !== undefined;
  }

  text(option: string): string | undefined {
    const value = this.#take(option);
    if (value === undefined || value === "") return undefined;
    if (typeof value === "string") return this.#resolve(option, value);
    return this.#wrong(option, "a text");
  }

  texts(option: string): readonly string[] | undefined {
    const value = this.#take(option);
    if (value === undefined) return undefined;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const strings = list.filter((entry) => typeof entry === "string");
    if (strings.length < list.length) return this.#wrong(option, "a list of texts");
    return strings.map((entry) => this.#resolve(option, entry));
  }

  flag(option: string): boolean | undefined {
    const value = this.#take(option);
    if (value === undefined || typeof value === "boolean") return value;
    return this.#wrong(option, "true or false");
  }

  whole(option: string): number | undefined {
    const value = this.#take(option);
    if (value === undefined) return undefined;
    const number = typeof value === "bigint" ? Number(value) : value;
    return typeof number === "number" && Number.isSafeInteger(number)
      ? number
      : this.#wrong(option, "a whole number");
  }

  /** Seconds. Telegraf takes `"1m30s"` and, as a number, seconds. */
  seconds(option: string): number | undefined {
    const value = this.#take(option);
    if (value === undefined) return undefined;
    if (typeof value === "number") return value;
    const seconds = typeof value === "string" ? parseDuration(this.#resolve(option, value)) : undefined;
    return seconds ?? this.#wrong(option, "a duration such as 10s");
  }

  table(option: string): TomlTable | undefined {
    const value = this.#take(option);
    if (value === undefined || isTable(value)) return value;
    return this.#wrong(option, "a table");
  }

  note(option: string, text: string): void {
    this.#context.notes.add(`${this.name}.${option}`, text);
  }

  /** Says of each option that is set why it has no counterpart. */
  without(reasons: Readonly<Record<string, string>>): void {
    for (const [option, reason] of Object.entries(reasons)) {
      if (this.#take(option) !== undefined) this.note(option, reason);
    }
  }

  /** Names whatever was not read. */
  finish(): void {
    for (const option of Object.keys(this.#values)) {
      if (!this.#read.has(option)) this.note(option, "has no counterpart in Lagline.");
    }
  }

  #take(option: string): unknown {
    this.#read.add(option);
    return this.#values[option];
  }

  #resolve(option: string, text: string): string {
    const { text: resolved, problems } = resolveReferences(text, this.#context.env);
    for (const problem of problems) this.note(option, problem);
    return resolved;
  }

  #wrong(option: string, wanted: string): undefined {
    this.note(option, `is not ${wanted} and was left out.`);
    return undefined;
  }
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

/** Go's durations: `1h30m`, `500ms`, and plain numbers for seconds. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let seconds = 0;
  for (const [, value, unit = ""] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g)) {
    seconds += Number(value) * (UNIT_SECONDS[unit] ?? 0);
  }
  return Number(seconds.toPrecision(12));
}
