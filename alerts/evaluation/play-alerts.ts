/** All rules of a configuration over time: which alerts there are at each evaluation, with their labels and texts. */
import { ANNOTATION_FUNCTIONS } from "./go-template-functions.ts";
import { parseTemplate } from "./go-template-parse.ts";
import type { ParsedTemplate } from "./go-template-parse.ts";
import { renderTemplate } from "./go-template-run.ts";
import { RulePlayer } from "./play-rule.ts";
import type { AlertInstance } from "./play-rule.ts";
import { viewRule } from "./rule-view.ts";
import type { RuleQuery, RuleView } from "./rule-view.ts";
import { labelKey } from "./series.ts";
import type { Labels } from "./series.ts";
import type { RuleSource } from "./source.ts";
import { ALERT_FOLDER } from "../names.ts";

export type Alert = {
  readonly rule: string;
  readonly state: "pending" | "firing" | "resolved";
  /** Resolved because the series is gone, not because the condition ended. */
  readonly isMissing: boolean;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly values: Readonly<Record<string, number>>;
  readonly startsAtMs: number;
  /** 0 while it fires. */
  readonly endsAtMs: number;
};

type Templates = ReadonlyMap<string, ParsedTemplate>;
type Entry = {
  readonly player: RulePlayer;
  readonly labels: Templates;
  readonly annotations: Templates;
  /** Places of the rule's queries in the list of distinct ones. */
  readonly places: readonly number[];
  readonly last: Map<string, Labels>;
};

export class AlertsPlayer {
  readonly #source: RuleSource;
  readonly #queries: readonly RuleQuery[];
  readonly #entries: readonly Entry[];

  /** `rules` as they stand in the provisioning file. Throws for a rule or template that is not understood. */
  constructor(rules: readonly unknown[], source: RuleSource) {
    this.#source = source;
    const queries = new Map<string, { readonly place: number; readonly query: RuleQuery }>();
    const placeOf = (query: RuleQuery): number => {
      const key = JSON.stringify([query.fromSeconds, { ...query.model, refId: "" }]);
      const known = queries.get(key) ?? { place: queries.size, query };
      queries.set(key, known);
      return known.place;
    };
    this.#entries = rules.map(viewRule).map((rule) => ({
      player: new RulePlayer(rule),
      // Grafana expands labels by environment when it reads them: `$$` is `$`.
      labels: parseAll(rule.labels, (text) => text.replaceAll("$$", "$")),
      annotations: parseAll(rule.annotations, (text) => text),
      places: rule.queries.map(placeOf),
      last: new Map(),
    }));
    this.#queries = [...queries.values()].map(({ query }) => query);
  }

  /** Every alert that is not simply normal. Call it once per evaluation, in the order of time. */
  async at(nowMs: number): Promise<readonly Alert[]> {
    const answers = await this.#source.search(this.#queries, nowMs);
    return this.#entries.flatMap((entry) =>
      entry.player
        .at(
          nowMs,
          entry.places.map((place) => answers[place] ?? []),
        )
        .map((instance) => toAlert(entry, instance, nowMs)),
    );
  }
}

function parseAll(texts: Labels, expand: (text: string) => string): Templates {
  return new Map(Object.entries(texts).map(([name, text]) => [name, parseTemplate(expand(text))]));
}

function toAlert(entry: Entry, instance: AlertInstance, nowMs: number): Alert {
  const { rule } = entry.player;
  const isOver = instance.state === "resolved" || instance.state === "missing";
  const labels = labelsOf(rule, entry, instance);
  const key = labelKey(instance.labels);
  const kept = instance.state === "missing" ? entry.last.get(key) : undefined;
  const annotations = kept ?? (instance.state === "pending" ? {} : renderAll(entry.annotations, instance));
  if (isOver) entry.last.delete(key);
  else entry.last.set(key, annotations);
  return {
    rule: rule.title,
    state: instance.state === "missing" ? "resolved" : instance.state,
    isMissing: instance.state === "missing",
    labels,
    annotations:
      instance.state === "missing" ? { ...annotations, grafana_state_reason: "MissingSeries" } : annotations,
    values: instance.values,
    startsAtMs: instance.sinceMs,
    endsAtMs: isOver ? nowMs : 0,
  };
}

function labelsOf(rule: RuleView, entry: Entry, instance: AlertInstance): Labels {
  const rendered = Object.entries(renderAll(entry.labels, instance)).filter(([, text]) => text !== "");
  return {
    ...instance.labels,
    ...Object.fromEntries(rendered),
    alertname: rule.title,
    grafana_folder: ALERT_FOLDER,
  };
}

/** `$labels` are those of the query only, as on 9.4. */
function renderAll(templates: Templates, { labels, values }: AlertInstance): Labels {
  const variables = {
    labels,
    values: Object.fromEntries(
      Object.entries(values).map(([ref, value]) => [ref, { Value: value, Labels: labels }]),
    ),
  };
  return Object.fromEntries(
    [...templates].map(([name, template]) => [
      name,
      renderTemplate(template, variables, { functions: ANNOTATION_FUNCTIONS, variables }),
    ]),
  );
}
