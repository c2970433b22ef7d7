/**
 * Which documents a filter of a panel means, decided in memory: a reader of the little Lucene that Lagline writes, by its
 * grammar and not by Elasticsearch, so that what a query returns can be compared with what it should return.
 *
 *     or = and { "OR" and } · and = not { "AND" not } · not = [ "NOT" | "-" ] atom
 *     atom = "(" or ")" | field ":" value | field ":(" values ")" | "_exists_:" field | "*:*"
 */
import type { LagDocument } from "../../model/documents.ts";
import { fieldOf } from "./field.ts";

export type Values = Readonly<Record<string, string | readonly string[] | { readonly all: string }>>;
export type Matcher = (document: LagDocument) => boolean;
type Token = string;

/** @throws Error for what the grammar does not know: then it must grow, not guess. */
export function parseFilter(filter: string, values: Values): Matcher {
  const reader = new Reader(tokens(filter), values);
  const matcher = reader.or();
  reader.end();
  return matcher;
}

function tokens(filter: string): readonly Token[] {
  // A term keeps its brackets and quotes: `a:"x y"`, `a:[1 TO 2]`, `a:${b:doublequote}`.
  const pattern = /\(|\)|-?[\w@*]+:(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\$\{\w+:\w+\}|[^\s()]*)|\S+?(?=[\s()]|$)/g;
  return [...filter.matchAll(pattern)].map(([token]) => token);
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #values: Values;
  #at = 0;

  constructor(all: readonly Token[], values: Values) {
    this.#tokens = all;
    this.#values = values;
  }

  end(): void {
    if (this.#at !== this.#tokens.length)
      throw new Error(`Unread: ${this.#tokens.slice(this.#at).join(" ")}`);
  }

  or(): Matcher {
    const parts = [this.#and()];
    while (this.#take("OR")) parts.push(this.#and());
    return (document) => parts.some((part) => part(document));
  }

  #and(): Matcher {
    const parts = [this.#not()];
    while (this.#take("AND")) parts.push(this.#not());
    return (document) => parts.every((part) => part(document));
  }

  #not(): Matcher {
    if (!this.#take("NOT")) return this.#atom();
    const inner = this.#atom();
    return (document) => !inner(document);
  }

  #atom(): Matcher {
    if (this.#take("(")) {
      const inner = this.or();
      if (!this.#take(")")) throw new Error("A parenthesis is not closed.");
      return inner;
    }
    const token = this.#tokens[this.#at++] ?? "";
    const [, minus = "", field = "", value = ""] = /^(-?)([\w@*]+):(.*)$/s.exec(token) ?? [];
    if (field === "") throw new Error(`Not a condition: "${token}"`);
    const matcher = this.#condition(field, value);
    return minus === "" ? matcher : (document) => !matcher(document);
  }

  #condition(field: string, value: string): Matcher {
    if (field === "*" || (value === "*" && field !== "_exists_"))
      return field === "*" ? () => true : has(field);
    if (field === "_exists_") return has(value);
    if (value === "" && this.#take("(")) return this.#list(field);
    const variable = /^\$(?:\{(\w+):doublequote\}|(\w+))$/.exec(value);
    if (variable !== null) return this.#variable(field, variable[1] ?? variable[2] ?? "");
    return compare(field, value, this.#values);
  }

  #list(field: string): Matcher {
    const parts: Matcher[] = [];
    do parts.push(compare(field, this.#tokens[this.#at++] ?? "", this.#values));
    while (this.#take("OR"));
    if (!this.#take(")")) throw new Error("A list of values is not closed.");
    return (document) => parts.some((part) => part(document));
  }

  #variable(field: string, name: string): Matcher {
    const value = this.#values[name];
    if (value === undefined) throw new Error(`The variable ${name} has no value.`);
    if (typeof value === "string") return (document) => valuesOf(document, field).includes(value);
    // `allValue` is put in as it is: `*`, or an expression that goes on after the field.
    if ("all" in value) {
      const rest = new Reader(tokens(`${field}:${value.all}`), this.#values);
      return rest.or();
    }
    return (document) => valuesOf(document, field).some((own) => value.includes(own));
  }

  #take(token: Token): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}

function compare(field: string, value: string, values: Values): Matcher {
  const range = /^\[\$\{__to\}\|\|-(\d+)s TO \*\]$/.exec(value);
  if (range !== null) {
    const from = Number(values["__to"]) - Number(range[1]) * 1000;
    return (document) => Date.parse(document["@timestamp"]) >= from;
  }
  const [, operator = "", number = ""] = /^(>=|<=|>|<)(-?[\d.]+)$/.exec(value) ?? [];
  if (operator !== "")
    return (document) => numbersOf(document, field).some((own) => holds(own, operator, Number(number)));
  const text = /^"(.*)"$/s.exec(value)?.[1]?.replaceAll(/\\(["\\])/g, "$1") ?? value;
  return (document) => valuesOf(document, field).includes(text);
}

function holds(own: number, operator: string, number: number): boolean {
  if (operator === ">=") return own >= number;
  if (operator === "<=") return own <= number;
  return operator === ">" ? own > number : own < number;
}

function has(field: string): Matcher {
  return (document) => valuesOf(document, field).length > 0;
}

function valuesOf(document: LagDocument, field: string): readonly string[] {
  const value = fieldOf(document, field);
  if (value === undefined) return [];
  return typeof value === "object" ? value : [String(value)];
}

function numbersOf(document: LagDocument, field: string): readonly number[] {
  return valuesOf(document, field).map(Number);
}
