/**
 * Names of indices with date tokens and field placeholders, such as `telegraf-%Y.%m.%d` or `lag-{{cluster}}-%G.%V`. Pure.
 * Dates are UTC and come from the document, so that a document sent late lands where it belongs.
 */

/** `%Y` year, `%y` its last two digits, `%m` month, `%d` day, `%H` hour, `%V` ISO week, `%G` the year of that week. */
export const DATE_TOKENS = ["%Y", "%y", "%m", "%d", "%H", "%V", "%G"] as const;
type DateToken = (typeof DATE_TOKENS)[number];

type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "date"; readonly token: DateToken }
  | { readonly kind: "field"; readonly name: string };

export type IndexPattern = { readonly parts: readonly Part[] };

export type PatternRules = {
  /** Fields that may stand in `{{…}}`. */
  readonly fields: readonly string[];
};

/** Elasticsearch's own bound, in bytes. */
const LONGEST_NAME = 255;
/** A value in a name is cut after so many bytes, so that a long one cannot make the name too long. */
const LONGEST_VALUE = 80;
const ILLEGAL = /[\\/*?"<>| ,#:\p{Cc}\p{Cs}]/u;

/** The parts of a pattern, or every problem it has as the end of a sentence that begins with its name. */
export function parseIndexPattern(
  text: string,
  rules: PatternRules,
): { readonly pattern: IndexPattern; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const parts: Part[] = [];
  for (const piece of text.split(/(\{\{.*?\}\}|%.?)/su)) {
    if (piece === "") continue;
    if (piece.startsWith("{{") && piece.endsWith("}}")) {
      const name = piece.slice(2, -2).trim();
      if (!rules.fields.includes(name)) problems.push(unknownField(name, rules.fields));
      parts.push({ kind: "field", name });
    } else if (piece.startsWith("%")) {
      const token = DATE_TOKENS.find((known) => known === piece);
      if (token === undefined)
        problems.push(`has ${piece}, which is no date token; they are ${DATE_TOKENS.join(" ")}`);
      else parts.push({ kind: "date", token });
    } else {
      parts.push({ kind: "text", text: piece });
    }
  }
  const pattern = { parts };
  return {
    pattern,
    problems: [
      ...problems,
      ...problemsOfText(parts),
      ...problemsOfDates(parts),
      ...problemsOfLength(pattern),
    ],
  };
}

function unknownField(name: string, known: readonly string[]): string {
  return name === ""
    ? "has {{}} without a field"
    : `has {{${name}}}, which cannot be part of a name; ${known.length === 0 ? "no field can here" : `these can: ${known.join(", ")}`}`;
}

function problemsOfText(parts: readonly Part[]): string[] {
  const problems: string[] = [];
  const texts = parts.flatMap((part) => (part.kind === "text" ? [part.text] : []));
  const [first] = parts;
  if (first?.kind !== "text") {
    problems.push("must begin with a text of its own, because index templates find their indices by it");
  } else if (/^[-_+.]/.test(first.text)) {
    problems.push("must not begin with `-`, `_`, `+` or `.`");
  }
  const joined = texts.join("");
  if (joined.includes("{{") || joined.includes("}}")) problems.push("has a {{ or }} without its other half");
  if (joined !== joined.toLowerCase())
    problems.push("must be lower case, as Elasticsearch wants index names");
  const illegal = ILLEGAL.exec(joined)?.[0];
  if (illegal !== undefined)
    problems.push(`has the character ${JSON.stringify(illegal)}, which no index name may have`);
  return problems;
}

function problemsOfDates(parts: readonly Part[]): string[] {
  const tokens = new Set(parts.flatMap((part) => (part.kind === "date" ? [part.token] : [])));
  const problems: string[] = [];
  if (tokens.has("%V") && !tokens.has("%G")) {
    problems.push(
      "has the week %V without its year %G: around New Year %Y is another year than that of the week",
    );
  }
  if (tokens.has("%G") && !tokens.has("%V")) problems.push("has %G, the year of a week, without the week %V");
  return problems;
}

function problemsOfLength(pattern: IndexPattern): string[] {
  const longest = indexName(pattern, {
    timestampMs: 0,
    valueOf: () => "x".repeat(LONGEST_VALUE),
    missing: "",
  });
  const bytes = new TextEncoder().encode(longest).length;
  return bytes > LONGEST_NAME ? [`can become ${bytes} bytes long, Elasticsearch takes ${LONGEST_NAME}`] : [];
}

export type NameInput = {
  /** Time of the document, epoch ms. */
  readonly timestampMs: number;
  readonly valueOf: (field: string) => string | undefined;
  /** Stands in for a field that the document does not have. */
  readonly missing: string;
};

/** The index of one document. Values become lower case, and what no index name may have becomes `_`. */
export function indexName(pattern: IndexPattern, input: NameInput): string {
  let name = "";
  let date: Date | undefined;
  for (const part of pattern.parts) {
    switch (part.kind) {
      case "text":
        name += part.text;
        break;
      case "date":
        date ??= new Date(input.timestampMs);
        name += DATES[part.token](date);
        break;
      case "field":
        name += cleaned(input.valueOf(part.name) ?? input.missing);
        break;
    }
  }
  return name;
}

/** Reads all indices of a pattern, and is the pattern of their template. */
export function searchExpression(pattern: IndexPattern): string {
  return pattern.parts
    .map((part) => (part.kind === "text" ? part.text : "*"))
    .join("")
    .replaceAll(/\*+/g, "*");
}

/** Fields that a name depends on. */
export function fieldsOf(pattern: IndexPattern): readonly string[] {
  return [...new Set(pattern.parts.flatMap((part) => (part.kind === "field" ? [part.name] : [])))];
}

/**
 * True when the name ends in `-yyyy.MM.dd`, from which index lifecycle management can tell the age of an index; else it
 * counts from the index' creation.
 */
export function endsInDay(pattern: IndexPattern): boolean {
  const end = pattern.parts.map((part) =>
    part.kind === "text" ? part.text : part.kind === "date" ? part.token : "*",
  );
  return end.join("").endsWith("-%Y.%m.%d");
}

/** True when every name of the pattern changes with time. */
export function isDated(pattern: IndexPattern): boolean {
  return pattern.parts.some((part) => part.kind === "date");
}

const DATES: Readonly<Record<DateToken, (date: Date) => string>> = {
  "%Y": (date) => padded(date.getUTCFullYear(), 4),
  "%y": (date) => padded(date.getUTCFullYear() % 100, 2),
  "%m": (date) => padded(date.getUTCMonth() + 1, 2),
  "%d": (date) => padded(date.getUTCDate(), 2),
  "%H": (date) => padded(date.getUTCHours(), 2),
  "%V": (date) => padded(isoWeek(date).week, 2),
  "%G": (date) => padded(isoWeek(date).year, 4),
};

const DAY_MS = 86_400_000;

/** ISO 8601: a week belongs to the year of its Thursday; week 1 is the one with 4 January. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(Math.floor(date.getTime() / DAY_MS) * DAY_MS + (3 - weekday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const dayOfYear = (thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS;
  return { year, week: Math.floor(dayOfYear / 7) + 1 };
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

const ILLEGAL_EVERYWHERE = new RegExp(ILLEGAL.source, "gu");

function cleaned(value: string): string {
  const name = value.toLowerCase().replaceAll(ILLEGAL_EVERYWHERE, "_");
  // A UTF-16 unit takes at most three bytes of UTF-8.
  if (name.length * 3 <= LONGEST_VALUE) return name;
  // A character cut in two at the end is left out.
  const bytes = new TextEncoder().encode(name).subarray(0, LONGEST_VALUE);
  return new TextDecoder().decode(bytes, { stream: true });
}
