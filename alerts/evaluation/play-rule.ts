/**
 * One rule over time, as Grafana evaluates it (measured on 9.4, keep-firing and missing series by the sources of 12):
 * reduce with `dropNN`, math joined by labels, threshold with its own bound for recovery, pending, firing, missing.
 */
import { evaluateMath } from "./math-expression.ts";
import type { Expression, RuleView } from "./rule-view.ts";
import { includesLabels, labelKey } from "./series.ts";
import type { Labels, Numbers, Series } from "./series.ts";

export type AlertState = "pending" | "firing" | "resolved" | "missing";

/** One alert of the rule at one evaluation. */
export type AlertInstance = {
  readonly labels: Labels;
  readonly state: AlertState;
  /** When it began to fire, or to be pending. */
  readonly sinceMs: number;
  /** By reference: what `$values.V` is in the texts. While missing those of the last evaluation. */
  readonly values: Readonly<Record<string, number>>;
};

type Kept = {
  readonly labels: Labels;
  pendingSinceMs: number;
  firingSinceMs: number | null;
  recoveringSinceMs: number | null;
  missed: number;
  values: Readonly<Record<string, number>>;
};

export class RulePlayer {
  readonly rule: RuleView;
  readonly #instances = new Map<string, Kept>();

  constructor(rule: RuleView) {
    this.rule = rule;
  }

  /** `answers`: series of the rule's queries, in their order. Gives every alert that is not simply normal. */
  at(nowMs: number, answers: readonly (readonly Series[])[]): readonly AlertInstance[] {
    const values = this.#compute(answers);
    const condition = values.get(this.rule.condition) ?? [];
    const seen = new Set<string>();
    const found: AlertInstance[] = [];
    const results =
      condition.length === 0 && this.rule.alertsWithoutData ? [{ labels: {}, value: 1 }] : condition;
    for (const { labels, value } of results) {
      seen.add(labelKey(labels));
      const kept = this.#step(labels, value !== 0, nowMs);
      if (kept === null) continue;
      kept.instance.values = valuesFor(labels, values);
      found.push(toInstance(kept.instance, kept.state));
    }
    for (const [key, kept] of this.#instances) {
      if (seen.has(key)) continue;
      kept.missed++;
      const given = kept.missed >= this.rule.missingEvaluations;
      if (given) this.#instances.delete(key);
      if (!given || kept.firingSinceMs !== null)
        found.push(toInstance(kept, given ? "missing" : stateOf(kept)));
    }
    return found;
  }

  #compute(answers: readonly (readonly Series[])[]): ReadonlyMap<string, Numbers> {
    const series = new Map(this.rule.queries.map(({ ref }, index) => [ref, answers[index] ?? []]));
    const numbers = new Map<string, Numbers>();
    for (const { ref, model } of this.rule.expressions)
      numbers.set(ref, this.#express(model, series, numbers));
    return numbers;
  }

  #express(
    model: Expression,
    series: ReadonlyMap<string, readonly Series[]>,
    numbers: ReadonlyMap<string, Numbers>,
  ): Numbers {
    if (model.type === "reduce") return reduceAll(series.get(model.expression) ?? [], model.reducer);
    if (model.type === "math") return mathAll(model.expression, numbers);
    const [{ evaluator, unloadEvaluator: unload }] = model.conditions;
    return (numbers.get(model.expression) ?? []).map(({ labels, value }) => {
      const holds = unload !== undefined && this.#instances.has(labelKey(labels));
      const limit = holds ? unload.params[0] : evaluator.params[0];
      // The bound of recovery says where the alert is over, so its operator points the other way.
      return { labels, value: (evaluator.type === "gt" ? value > limit : value < limit) ? 1 : 0 };
    });
  }

  #step(labels: Labels, met: boolean, nowMs: number): { instance: Kept; state: AlertState } | null {
    const key = labelKey(labels);
    const known = this.#instances.get(key);
    if (!met) {
      if (known === undefined) return null;
      known.missed = 0;
      known.recoveringSinceMs ??= nowMs;
      const keeps = nowMs - known.recoveringSinceMs < this.rule.keepFiringMs;
      if (known.firingSinceMs !== null && keeps) return { instance: known, state: "firing" };
      this.#instances.delete(key);
      return known.firingSinceMs === null ? null : { instance: known, state: "resolved" };
    }
    const instance =
      known ??
      ({
        labels,
        pendingSinceMs: nowMs,
        firingSinceMs: null,
        recoveringSinceMs: null,
        missed: 0,
        values: {},
      } satisfies Kept);
    instance.missed = 0;
    instance.recoveringSinceMs = null;
    if (nowMs - instance.pendingSinceMs >= this.rule.pendingMs) instance.firingSinceMs ??= nowMs;
    this.#instances.set(key, instance);
    return { instance, state: stateOf(instance) };
  }
}

function stateOf({ firingSinceMs }: Kept): AlertState {
  return firingSinceMs === null ? "pending" : "firing";
}

function toInstance(kept: Kept, state: AlertState): AlertInstance {
  const { labels, values, firingSinceMs, pendingSinceMs } = kept;
  return { labels, values, state, sinceMs: firingSinceMs ?? pendingSinceMs };
}

/** A value belongs to an alert when its labels are among the alert's. */
function valuesFor(labels: Labels, numbers: ReadonlyMap<string, Numbers>): Readonly<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [ref, rows] of numbers) {
    const own = rows.find((row) => includesLabels(labels, row.labels));
    if (own !== undefined) values[ref] = own.value;
  }
  return values;
}

function reduceAll(series: readonly Series[], reducer: "last" | "sum" | "min" | "max"): Numbers {
  return series.flatMap(({ labels, points }) => {
    const known = points.filter((point) => point !== null);
    const last = known.at(-1);
    if (last === undefined) return [];
    const sum = (): number => known.reduce((total, point) => total + point, 0);
    const lowest = (): number => known.reduce((low, point) => Math.min(low, point), last);
    const highest = (): number => known.reduce((high, point) => Math.max(high, point), last);
    const value = { last: () => last, sum, min: lowest, max: highest }[reducer]();
    return [{ labels, value }];
  });
}

/**
 * Each set of labels that is in no larger one gives one result, of every operand whose labels are among them. A set that
 * one operand lacks is dropped, in silence, as Grafana does.
 */
function mathAll(expression: string, numbers: ReadonlyMap<string, Numbers>): Numbers {
  const refs = [...new Set([...expression.matchAll(/\$(\w+)/g)].map((match) => match[1] ?? ""))];
  const operands = refs.map((ref) => byKey(numbers.get(ref) ?? []));
  // Rows of one query carry the same label names, so the operand with most names has the whole sets.
  const widest = operands.toSorted((a, b) => b.width - a.width)[0];
  return (widest?.rows ?? []).flatMap(({ labels }) => {
    const values = new Map<string, number>();
    for (const [index, { rows, names, index: lookup }] of operands.entries()) {
      const key = labelKey(Object.fromEntries(names.map((name) => [name, labels[name] ?? ""])));
      const value = rows.length === 0 ? undefined : lookup.get(key);
      if (value === undefined) return [];
      values.set(refs[index] ?? "", value);
    }
    return [{ labels, value: evaluateMath(expression, values) }];
  });
}

function byKey(rows: Numbers) {
  const names = Object.keys(rows[0]?.labels ?? {});
  return {
    rows,
    names,
    width: names.length,
    index: new Map(rows.map(({ labels, value }) => [labelKey(labels), value])),
  };
}
