/** Renders parsed templates over plain data. Methods, such as those of times, are functions of the data. */
import type { Node, Operand, ParsedTemplate, Pipeline } from "./go-template-parse.ts";

export type TemplateFunction = (...values: readonly unknown[]) => unknown;
export type TemplateFunctions = Readonly<Record<string, TemplateFunction>>;

type Scope = {
  readonly dot: unknown;
  readonly variables: Map<string, unknown>;
  readonly functions: TemplateFunctions;
  readonly defined: ReadonlyMap<string, readonly Node[]>;
};

export type RenderOptions = {
  readonly functions: TemplateFunctions;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Other templates that may be called by name. */
  readonly library?: ParsedTemplate;
};

/** Throws an Error for an unknown function or template, as Go would refuse it. */
export function renderTemplate(template: ParsedTemplate, dot: unknown, options: RenderOptions): string {
  return runAll(template.nodes, {
    dot,
    variables: new Map([
      ["$", dot],
      ...Object.entries(options.variables ?? {}).map(([name, value]) => [`$${name}`, value] as const),
    ]),
    functions: { ...BUILT_IN, ...options.functions },
    defined: new Map([...(options.library?.defined ?? []), ...template.defined]),
  });
}

function runAll(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => run(node, scope)).join("");
}

function run(node: Node, scope: Scope): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "output":
      return toText(evaluate(node.pipeline, scope));
    case "assign":
      scope.variables.set(node.name, evaluate(node.pipeline, scope));
      return "";
    case "if":
      return runAll(isTrue(evaluate(node.pipeline, scope)) ? node.body : node.otherwise, inner(scope));
    case "with": {
      const value = evaluate(node.pipeline, scope);
      return isTrue(value)
        ? runAll(node.body, { ...inner(scope), dot: value })
        : runAll(node.otherwise, inner(scope));
    }
    case "range": {
      const value = evaluate(node.pipeline, scope);
      const items: readonly unknown[] = Array.isArray(value) ? value : [];
      if (items.length === 0) return runAll(node.otherwise, inner(scope));
      return items.map((item, index) => rangeOnce(node, scope, { item, index })).join("");
    }
    case "template": {
      const nodes = scope.defined.get(node.name);
      if (nodes === undefined) throw new Error(`The template ${node.name} is not defined.`);
      const dot = node.pipeline.length === 0 ? undefined : evaluate(node.pipeline, scope);
      return runAll(nodes, { ...scope, dot, variables: new Map([["$", dot]]) });
    }
  }
}

function rangeOnce(
  node: Extract<Node, { kind: "range" }>,
  scope: Scope,
  { item, index }: { readonly item: unknown; readonly index: number },
): string {
  const own = inner(scope);
  const [first, second] = node.names;
  if (first !== undefined) own.variables.set(first, second === undefined ? item : index);
  if (second !== undefined) own.variables.set(second, item);
  return runAll(node.body, { ...own, dot: item });
}

/** Variables that a block declares end with it. */
function inner(scope: Scope): Scope {
  return { ...scope, variables: new Map(scope.variables) };
}

function evaluate(pipeline: Pipeline, scope: Scope): unknown {
  let last: { readonly value: unknown } | undefined;
  for (const command of pipeline) last = { value: runCommand(command, scope, last) };
  return last?.value;
}

function runCommand(
  command: readonly Operand[],
  scope: Scope,
  piped: { readonly value: unknown } | undefined,
): unknown {
  const [head, ...rest] = command;
  const values = [
    ...rest.map((operand) => resolve(operand, scope, [])),
    ...(piped === undefined ? [] : [piped.value]),
  ];
  if (head === undefined) return undefined;
  if (head.kind !== "function") return resolve(head, scope, values);
  const found = scope.functions[head.name];
  if (found === undefined) throw new Error(`The function ${head.name} is not defined.`);
  return found(...values);
}

function resolve(operand: Operand, scope: Scope, values: readonly unknown[]): unknown {
  switch (operand.kind) {
    case "literal":
      return operand.value;
    case "function":
      return runCommand([operand], scope, undefined);
    case "group":
      return chain(evaluate(operand.pipeline, scope), operand.fields, values);
    case "field":
      return chain(scope.dot, operand.fields, values);
    case "variable": {
      if (!scope.variables.has(operand.name)) throw new Error(`The variable ${operand.name} is not defined.`);
      return chain(scope.variables.get(operand.name), operand.fields, values);
    }
  }
}

/** Fields one after the other; a function is called, the last one with the values that follow it. */
function chain(start: unknown, fields: readonly string[], values: readonly unknown[]): unknown {
  let value = start;
  for (const [index, field] of fields.entries()) {
    if (value === undefined || value === null) return undefined;
    const member: unknown = Object(value)[field];
    value =
      typeof member === "function" ? member.apply(value, index === fields.length - 1 ? values : []) : member;
  }
  return value;
}

/** Go's notion of empty. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  const isPlain = typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
  return !isPlain || Object.keys(value).length > 0;
}

/** A key that a map of texts lacks is its empty text. Numbers of Go print without an exponent up to 21 digits. */
export function toText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return hasGoText(value) ? value.goText() : "";
}

function hasGoText(value: unknown): value is { goText(): string } {
  return typeof value === "object" && value !== null && "goText" in value;
}

const BUILT_IN: TemplateFunctions = {
  eq: (first, ...others) => others.some((other) => first === other),
  ne: (a, b) => a !== b,
  lt: (a, b) => Number(a) < Number(b),
  le: (a, b) => Number(a) <= Number(b),
  gt: (a, b) => Number(a) > Number(b),
  ge: (a, b) => Number(a) >= Number(b),
  not: (value) => !isTrue(value),
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  len: (value) =>
    Array.isArray(value) || typeof value === "string" ? value.length : Object.keys(Object(value)).length,
  index: (value, key) => Object(value)[String(key)],
  slice: (value, from = 0, to) => {
    const end = to === undefined ? undefined : Number(to);
    return Array.isArray(value) ? value.slice(Number(from), end) : toText(value).slice(Number(from), end);
  },
  print: (...values) => values.map(toText).join(""),
  printf: (format, ...values) => formatGo(String(format), values),
  // Go encodes a blank as a plus sign, and more characters than encodeURIComponent does.
  urlquery: (value) =>
    encodeURIComponent(toText(value))
      .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll("%20", "+"),
};

const VERB = /%(?:%|(?<width>\d*)(?:\.(?<digits>\d+))?(?<verb>[sdvqfg]))/g;

/** `%s %d %v %q %.Nf %.Ng %%`, with a width. */
export function formatGo(format: string, values: readonly unknown[]): string {
  let text = "";
  let at = 0;
  let next = 0;
  for (const match of format.matchAll(VERB)) {
    text += format.slice(at, match.index);
    at = match.index + match[0].length;
    const { width = "", digits, verb } = match.groups ?? {};
    const shown = verb === undefined ? "%" : formatOne(values[next++], verb, digits);
    text += shown.padStart(Number(width), width.startsWith("0") ? "0" : " ");
  }
  return text + format.slice(at);
}

function formatOne(value: unknown, verb: string, digits: string | undefined): string {
  switch (verb) {
    case "f":
      return formatF(Number(value), Number(digits ?? 6));
    case "g":
      return formatG(Number(value), Number(digits ?? 6));
    case "q":
      return JSON.stringify(toText(value));
    default:
      return toText(value);
  }
}

/** Go rounds a tie to the even digit, JavaScript away from zero. */
function formatF(value: number, digits: number): string {
  const scaled = value * 10 ** digits;
  // A number that has no exact half, such as 187.35, only looks like a tie once it is multiplied.
  const isTie = Math.abs(scaled % 1) === 0.5 && Number.isInteger(value * 2 ** 20);
  const rounded = 2 * Math.round(scaled / 2);
  return (isTie ? rounded / 10 ** digits : value).toFixed(digits);
}

/** Go's `%.Ng`: no trailing zeros; an exponent only for very large and very small numbers. */
function formatG(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  if (exponent >= -4 && exponent < digits) return String(Number(value.toPrecision(digits)));
  const [mantissa = "", power = "0"] = value.toExponential(digits - 1).split("e");
  const size = Math.abs(Number(power)).toString().padStart(2, "0");
  return `${Number(mantissa)}e${Number(power) < 0 ? "-" : "+"}${size}`;
}
