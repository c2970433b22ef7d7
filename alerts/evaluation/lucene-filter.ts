/** Filters of rules over documents in memory: `a:1 AND NOT b:1 AND (c:"text" OR @timestamp:[1 TO 2])`, and no more. */
export type Filter = (document: ReadonlyMap<string, unknown>) => boolean;

const TOKEN = /\s*(\(|\)|AND\b|OR\b|NOT\b|[@\w]+:(?:"(?:[^"\\]|\\.)*"|\[\d+ TO \d+\]|[\w.-]+))/y;

/** Throws where the text holds anything else: a filter that is half understood would be a wrong test. */
export function compileFilter(lucene: string): Filter {
  const tokens = tokensOf(lucene);
  let at = 0;
  const fail = (): never => {
    throw new Error(`The filter is not understood: ${lucene}`);
  };
  const unary = (): Filter => {
    const token = tokens[at++];
    if (token === "NOT") {
      const inner = unary();
      return (document) => !inner(document);
    }
    if (token === "(") {
      const inner = chain();
      if (tokens[at++] !== ")") fail();
      return inner;
    }
    return token?.includes(":") === true ? term(token) : fail();
  };
  /** One kind of operator per level: what Lucene makes of a mixture is nobody's intention. */
  const chain = (): Filter => {
    const parts = [unary()];
    const operator = tokens[at];
    while (tokens[at] === "AND" || tokens[at] === "OR") {
      if (tokens[at++] !== operator) fail();
      parts.push(unary());
    }
    return operator === "OR"
      ? (document) => parts.some((part) => part(document))
      : (document) => parts.every((part) => part(document));
  };
  const filter = chain();
  if (at !== tokens.length) fail();
  return filter;
}

function tokensOf(lucene: string): readonly string[] {
  const pattern = new RegExp(TOKEN);
  const tokens: string[] = [];
  while (pattern.lastIndex < lucene.trimEnd().length) {
    const token = pattern.exec(lucene)?.[1];
    if (token === undefined) throw new Error(`The filter is not understood: ${lucene}`);
    tokens.push(token);
  }
  return tokens;
}

function term(token: string): Filter {
  const colon = token.indexOf(":");
  const field = token.slice(0, colon);
  const text = token.slice(colon + 1);
  const range = /^\[(\d+) TO (\d+)\]$/.exec(text);
  if (range !== null) {
    const [low, high] = [Number(range[1]), Number(range[2])];
    return (document) => {
      const value = Date.parse(String(document.get(field)));
      return value >= low && value <= high;
    };
  }
  const wanted = text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text;
  return (document) => {
    const value = document.get(field);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.some((each) => each === wanted || (typeof each === "number" && each === Number(wanted)));
  };
}
