/**
 * Globs over names, in time that grows with the length of the name times that of the glob, and no faster: names come
 * from whoever may commit to Kafka, and a regular expression of several `*` takes minutes for the right 256 characters.
 */

/** Characters by code point; a range has both ends. */
type Token =
  | { readonly kind: "any" }
  | { readonly kind: "one" }
  /** `isOpen`: a `[` that nothing closes. */
  | { readonly kind: "character"; readonly character: string; readonly isOpen?: boolean }
  | {
      readonly kind: "set";
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

/**
 * `*` any characters, `?` one, `[abc]`, `[a-z]`, `[!a]` or `[^a]` one of several, `\` takes the next as it is. Everything
 * else, and a `[` that nothing closes, stands for itself (`problemOfGlob` refuses it before). The whole name counts, case counts.
 */
export function compileGlob(glob: string): (name: string) => boolean {
  const tokens = parse(Array.from(glob));
  return (name) => matches(tokens, Array.from(name));
}

/** Longer ones are refused: they come from a file and are compared with every name. */
const LONGEST_GLOB = 1024;

/** What is wrong with a glob, as the end of a sentence that begins with it; null where it can be used. */
export function problemOfGlob(glob: string): string | null {
  if (glob === "") return "is empty";
  if (glob.length > LONGEST_GLOB) return `has ${glob.length} characters, the limit is ${LONGEST_GLOB}`;
  return parse(Array.from(glob)).some((token) => token.kind === "character" && token.isOpen === true)
    ? "has [ without ]"
    : null;
}

/** Two places are remembered: where the last `*` stands, and how much of the name it has taken so far. */
function matches(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0;
  let position = 0;
  let star = -1;
  let taken = 0;
  while (position < name.length) {
    const current = tokens[token];
    if (current?.kind === "any") {
      star = token;
      taken = position;
      token += 1;
    } else if (current !== undefined && fits(current, name[position] ?? "")) {
      token += 1;
      position += 1;
    } else if (star === -1) {
      return false;
    } else {
      taken += 1;
      position = taken;
      token = star + 1;
    }
  }
  return tokens.slice(token).every(({ kind }) => kind === "any");
}

function fits(token: Token, character: string): boolean {
  switch (token.kind) {
    case "any":
    case "one":
      return true;
    case "character":
      return token.character === character;
    case "set":
      return token.ranges.some(([from, to]) => from <= character && character <= to) !== token.negated;
  }
}

function parse(glob: readonly string[]): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < glob.length) {
    const character = glob[at] ?? "";
    const set = character === "[" ? parseSet(glob, at) : undefined;
    if (set !== undefined) {
      tokens.push(set.token);
      at = set.end;
    } else if (character === "*" || character === "?") {
      tokens.push({ kind: character === "*" ? "any" : "one" });
      at += 1;
    } else {
      const isEscape = character === "\\" && at + 1 < glob.length;
      tokens.push(
        isEscape
          ? { kind: "character", character: glob[at + 1] ?? "" }
          : { kind: "character", character, isOpen: character === "[" },
      );
      at += isEscape ? 2 : 1;
    }
  }
  return tokens;
}

/** Undefined where nothing closes it. A `]` that comes first is one of the characters. */
function parseSet(glob: readonly string[], open: number): { token: Token; end: number } | undefined {
  const negated = glob[open + 1] === "!" || glob[open + 1] === "^";
  const first = open + (negated ? 2 : 1);
  const close = glob.indexOf("]", first + 1);
  if (close === -1) return undefined;
  const ranges: (readonly [string, string])[] = [];
  for (let at = first; at < close; at += 1) {
    const from = glob[at] ?? "";
    const isRange = glob[at + 1] === "-" && at + 2 < close;
    ranges.push([from, isRange ? (glob[at + 2] ?? "") : from]);
    at += isRange ? 2 : 0;
  }
  return { token: { kind: "set", negated, ranges }, end: close + 1 };
}
