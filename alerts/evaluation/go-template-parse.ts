/**
 * Reads templates of Go's text/template, as far as Lagline's annotations and messages use the language. What is not
 * understood is an error: a message that is rendered only by half would hide a fault that Grafana shows.
 */
export type Operand =
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "variable"; readonly name: string; readonly fields: readonly string[] }
  | { readonly kind: "field"; readonly fields: readonly string[] }
  | { readonly kind: "group"; readonly pipeline: Pipeline; readonly fields: readonly string[] }
  | { readonly kind: "function"; readonly name: string };
/** Commands from left to right; the value of one is the last argument of the next. */
export type Pipeline = readonly (readonly Operand[])[];

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly pipeline: Pipeline }
  | { readonly kind: "assign"; readonly name: string; readonly pipeline: Pipeline }
  | {
      readonly kind: "if" | "with";
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | {
      readonly kind: "range";
      readonly names: readonly string[];
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: "template"; readonly name: string; readonly pipeline: Pipeline };

export type ParsedTemplate = {
  readonly nodes: readonly Node[];
  readonly defined: ReadonlyMap<string, readonly Node[]>;
};

type Piece = { readonly text: string; readonly isAction: boolean };
type Cursor = {
  readonly pieces: readonly Piece[];
  at: number;
  readonly defined: Map<string, readonly Node[]>;
};

/** Throws an Error with the place. */
export function parseTemplate(source: string): ParsedTemplate {
  const cursor: Cursor = { pieces: piecesOf(source), at: 0, defined: new Map() };
  const { nodes, closedBy } = parseBlock(cursor);
  if (closedBy !== null) throw new Error(`{{ ${closedBy} }} closes nothing.`);
  return { nodes, defined: cursor.defined };
}

const ACTION = /\{\{(-\s)?\s*((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`])*?)\s*(\s-)?\}\}/g;

function piecesOf(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimNext = false;
  for (const match of source.matchAll(ACTION)) {
    let text = source.slice(at, match.index);
    if (trimNext) text = text.trimStart();
    if (match[1] !== undefined) text = text.trimEnd();
    trimNext = match[3] !== undefined;
    pieces.push({ text, isAction: false }, { text: match[2] ?? "", isAction: true });
    at = match.index + match[0].length;
  }
  const rest = source.slice(at);
  if (rest.includes("{{")) throw new Error(`An action is not closed: ${rest.slice(0, 60)}`);
  pieces.push({ text: trimNext ? rest.trimStart() : rest, isAction: false });
  return pieces.filter(({ text, isAction }) => isAction || text !== "");
}

type Block = { readonly nodes: readonly Node[]; readonly closedBy: string | null };

function parseBlock(cursor: Cursor): Block {
  const nodes: Node[] = [];
  for (;;) {
    const piece = cursor.pieces[cursor.at++];
    if (piece === undefined) return { nodes, closedBy: null };
    if (!piece.isAction) {
      nodes.push({ kind: "text", text: piece.text });
      continue;
    }
    const word = /^(?:if|with|range|else|end|template|define|block|break|continue)\b/.exec(piece.text)?.[0];
    if (word === "end" || word === "else") return { nodes, closedBy: piece.text };
    const node = parseAction(piece.text, word, cursor);
    if (node !== null) nodes.push(node);
  }
}

function parseAction(text: string, word: string | undefined, cursor: Cursor): Node | null {
  if (text.startsWith("/*")) return null;
  const rest = text.slice(word?.length ?? 0).trim();
  switch (word) {
    case "if":
    case "with":
      return { kind: word, pipeline: parsePipeline(rest), ...branches(cursor, word) };
    case "range": {
      const named = /^((?:\$\w+\s*,\s*)?\$\w+)\s*:=\s*/.exec(rest);
      const names = (named?.[1] ?? "")
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "");
      return {
        kind: "range",
        names,
        pipeline: parsePipeline(rest.slice(named?.[0].length ?? 0)),
        ...branches(cursor, word),
      };
    }
    case "template": {
      const found = /^"((?:[^"\\]|\\.)*)"\s*/.exec(rest);
      if (found === null) throw new Error(`A template needs a name: ${text}`);
      const argument = rest.slice(found[0].length);
      return {
        kind: "template",
        name: found[1] ?? "",
        pipeline: argument === "" ? [] : parsePipeline(argument),
      };
    }
    case "define": {
      const name = /^"([^"]+)"$/.exec(rest)?.[1];
      const block = parseBlock(cursor);
      if (name === undefined || block.closedBy !== "end") throw new Error(`Not a whole definition: ${text}`);
      cursor.defined.set(name, block.nodes);
      return null;
    }
    case undefined: {
      const assigned = /^(\$\w+)\s*:=\s*/.exec(text);
      return assigned === null
        ? { kind: "output", pipeline: parsePipeline(text) }
        : {
            kind: "assign",
            name: assigned[1] ?? "",
            pipeline: parsePipeline(text.slice(assigned[0].length)),
          };
    }
    default:
      throw new Error(`{{ ${text} }} is not played.`);
  }
}

function branches(cursor: Cursor, word: string): { body: readonly Node[]; otherwise: readonly Node[] } {
  const first = parseBlock(cursor);
  if (first.closedBy === "end") return { body: first.nodes, otherwise: [] };
  const chained = /^else (if|with)\b/.exec(first.closedBy ?? "");
  if (chained !== null && first.closedBy !== null) {
    const kind = chained[1] === "with" ? "with" : "if";
    const condition = parsePipeline(first.closedBy.slice(chained[0].length).trim());
    return { body: first.nodes, otherwise: [{ kind, pipeline: condition, ...branches(cursor, kind) }] };
  }
  if (first.closedBy !== "else") throw new Error(`A block of ${word} is not closed.`);
  const second = parseBlock(cursor);
  if (second.closedBy !== "end") throw new Error(`A block of ${word} is not closed.`);
  return { body: first.nodes, otherwise: second.nodes };
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|`[^`]*`|[|()]|-?\d+(?:\.\d+)?|\$?\w*(?:\.\w+)+|\$\w*|\.|\w+)/y;

/** `isGlued`: no blank before it, so that a field belongs to the parenthesis it follows. */
type Token = { readonly text: string; readonly isGlued: boolean };

function parsePipeline(text: string): Pipeline {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  const source = text.trimEnd();
  while (pattern.lastIndex < source.length) {
    const found = pattern.exec(source);
    const token = found?.[1];
    if (found === null || token === undefined) throw new Error(`Not understood: ${text}`);
    tokens.push({ text: token, isGlued: found[0] === token });
  }
  const state = { at: 0 };
  const pipeline = commands(tokens, state);
  if (state.at !== tokens.length) throw new Error(`A parenthesis closes nothing: ${text}`);
  return pipeline;
}

function commands(tokens: readonly Token[], state: { at: number }): Pipeline {
  const found: Operand[][] = [[]];
  for (; state.at < tokens.length && tokens[state.at]?.text !== ")"; state.at++) {
    const token = tokens[state.at]?.text ?? "";
    if (token === "|") found.push([]);
    else found.at(-1)?.push(operand(token, tokens, state));
  }
  if (found.some((command) => command.length === 0)) {
    throw new Error(`An empty command: ${tokens.map(({ text }) => text).join(" ")}`);
  }
  return found;
}

function operand(token: string, tokens: readonly Token[], state: { at: number }): Operand {
  if (token === "(") {
    state.at++;
    const pipeline = commands(tokens, state);
    if (tokens[state.at]?.text !== ")") {
      throw new Error(`A parenthesis is not closed: ${tokens.map(({ text }) => text).join(" ")}`);
    }
    const after = tokens[state.at + 1];
    if (after?.isGlued !== true || !/^\.\w/.test(after.text)) return { kind: "group", pipeline, fields: [] };
    state.at++;
    return { kind: "group", pipeline, fields: after.text.slice(1).split(".") };
  }
  if (token.startsWith('"')) return { kind: "literal", value: unquote(token) };
  if (token.startsWith("`")) return { kind: "literal", value: token.slice(1, -1) };
  if (/^-?\d/.test(token)) return { kind: "literal", value: Number(token) };
  if (token === "true" || token === "false") return { kind: "literal", value: token === "true" };
  if (token === ".") return { kind: "field", fields: [] };
  const [head = "", ...fields] = token.split(".");
  if (head.startsWith("$")) return { kind: "variable", name: head, fields };
  return head === "" ? { kind: "field", fields } : { kind: "function", name: token };
}

/** Go's escapes, of which JSON knows those that are used. */
function unquote(token: string): string {
  const value: unknown = JSON.parse(token);
  return String(value);
}
