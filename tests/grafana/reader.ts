/**
 * A person in front of Grafana: opens a page, reads its tiles and tables as Grafana shows them (grouped, renamed, codes as
 * words), and follows the links of a row. Knows only what stands on the page.
 */
import { z } from "zod";
import { linksView } from "../../dashboards/lint-schema.ts";
import type { DashboardView, PanelView, TargetView } from "../../dashboards/lint-schema.ts";
import { actualResult, search } from "./answers.ts";
import type { Store } from "./simulated-store.ts";
import { momentOf, panelSearch } from "./pages.ts";

export type Cell = string | number;
/** Title of a column → what stands in it; a cell without a value is missing. */
export type Row = {
  readonly cells: Readonly<Record<string, Cell>>;
  readonly fields: Readonly<Record<string, Cell>>;
};

export type Place = {
  readonly uid: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly fromMs: number;
  readonly toMs: number;
};

export type ReaderOptions = {
  readonly store: Store;
  readonly pages: readonly DashboardView[];
  readonly tickSeconds: number;
};

export class Reader {
  readonly #options: ReaderOptions;
  readonly place: Place;
  readonly page: DashboardView;

  constructor(options: ReaderOptions, place: Place) {
    const page = options.pages.find(({ uid }) => uid === place.uid);
    if (page === undefined) throw new Error(`There is no page ${place.uid}.`);
    this.#options = options;
    this.place = place;
    this.page = page;
  }

  /** From an address such as a message or a link carries. `now` is the reader's clock. */
  static open(options: ReaderOptions, address: string, nowMs: number): Reader {
    const url = new URL(address, "https://grafana.example.org");
    const uid = /^\/d\/([\w-]+)$/.exec(url.pathname)?.[1] ?? "";
    const variables = [...url.searchParams].flatMap(([name, value]): [string, string][] =>
      name.startsWith("var-") ? [[name.slice(4), value]] : [],
    );
    const time = (name: string) => {
      const value = url.searchParams.get(name) ?? "now";
      return value === "now" ? nowMs : Number(value);
    };
    return new Reader(options, {
      uid,
      variables: Object.fromEntries(variables),
      fromMs: time("from"),
      toMs: time("to"),
    });
  }

  /** The word or number on a tile; the words for "nothing" where it is empty. */
  async tile(title: string): Promise<Cell> {
    const panel = this.#panel(title);
    const values = await this.#tileValues(panel);
    const last = values.at(-1);
    return last === undefined ? (panel.fieldConfig?.defaults.noValue ?? "") : this.#word(panel, last);
  }

  /** Values of a tile with several fields, by the names it shows. */
  async facts(title: string): Promise<Readonly<Record<string, Cell>>> {
    const panel = this.#panel(title);
    const [newest] = await this.#documents(panel);
    return Object.fromEntries(
      overridesOf(panel).flatMap(({ name, shown }): [string, Cell][] => {
        const value = newest?.[name];
        return value === undefined ? [] : [[shown.replace(/:\s$/, ""), value]];
      }),
    );
  }

  /** Rows of a table in the order in which Grafana shows them. */
  async rows(title: string): Promise<readonly Row[]> {
    const panel = this.#panel(title);
    const documents = await this.#documents(panel);
    const keys = groupKeys(panel);
    const seen = new Set<string>();
    const newest = documents.filter((document) => {
      if (keys === null) return true;
      const key = JSON.stringify(keys.map((name) => document[name] ?? null));
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
    const columns = overridesOf(panel);
    const rows = newest.map((fields) => ({
      fields,
      cells: Object.fromEntries(
        columns.flatMap(({ name, shown, mappings }): [string, Cell][] => {
          const value = fields[name];
          return value === undefined ? [] : [[shown, mapped(value, mappings)]];
        }),
      ),
    }));
    return sorted(panel, rows, columns);
  }

  /** The newest value of each line, by its name. */
  async lines(title: string): Promise<ReadonlyMap<string, readonly number[]>> {
    const panel = this.#panel(title);
    const lines = new Map<string, number[]>();
    for (const target of panel.targets) {
      const result = await this.#result(panel, target);
      if (result.kind !== "values") continue;
      for (const [path, value] of [...result.values].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        const [key = ""] = path.split(" | ");
        const name = target.bucketAggs.length > 1 ? key : (target.alias ?? "");
        lines.set(name, [...(lines.get(name) ?? []), value]);
      }
    }
    return lines;
  }

  /** Clicks the link in one cell of a row. */
  follow(title: string, row: Row, column: string): Reader {
    const link = overridesOf(this.#panel(title)).find(({ shown }) => shown === column)?.links[0];
    if (link === undefined) throw new Error(`"${title}" has no link in the column ${column}.`);
    return Reader.open(this.#options, this.#fill(link.url, row), this.place.toMs);
  }

  /** Clicks a link of the bar on top of the page. */
  navigate(title: string): Reader {
    const link = this.page.links.find((candidate) => candidate.title === title);
    if (link === undefined) throw new Error(`${this.page.uid} has no link "${title}".`);
    const uid = link.url.replace("/d/", "");
    return new Reader(this.#options, {
      ...this.place,
      uid,
      variables: link["includeVars"] === true ? this.place.variables : {},
    });
  }

  #fill(url: string, { fields }: Row): string {
    const known: Readonly<Record<string, Cell | undefined>> = this.place.variables;
    return url.replaceAll(/\$\{([\w.]+)(:percentencode)?\}/g, (_, name: string, format?: string) => {
      if (name === "__url_time_range") return `from=${this.place.fromMs}&to=${this.place.toMs}`;
      const column = /^__data\.fields\.(\w+)$/.exec(name)?.[1];
      const value = column === undefined ? (known[name] ?? "") : fields[column];
      if (value === undefined) throw new Error(`The link needs ${name}, which the row does not have: ${url}`);
      return format === undefined ? String(value) : encodeURIComponent(String(value));
    });
  }

  #panel(title: string): PanelView {
    const panel = this.page.panels.find((candidate) => candidate.title === title);
    if (panel === undefined) throw new Error(`${this.page.uid} has no panel "${title}".`);
    return panel;
  }

  #word(panel: PanelView, value: Cell): Cell {
    return mapped(value, mappingsView.parse(panel.fieldConfig?.defaults["mappings"] ?? []));
  }

  async #tileValues(panel: PanelView): Promise<readonly Cell[]> {
    const [target] = panel.targets;
    if (target === undefined) return [];
    const result = await this.#result(panel, target);
    if (result.kind === "values") {
      return [...result.values].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
    }
    const [newest] = cells.parse(result.documents);
    const shown = fieldsOf(panel);
    const field = overridesOf(panel).find((override) => override.shown === shown)?.name ?? shown;
    const value = newest?.[field];
    return value === undefined ? [] : [value];
  }

  async #documents(panel: PanelView): Promise<readonly Readonly<Record<string, Cell>>[]> {
    const [target] = panel.targets;
    if (target === undefined) return [];
    const result = await this.#result(panel, target);
    return result.kind === "documents" ? cells.parse(result.documents) : [];
  }

  async #result(panel: PanelView, target: TargetView) {
    const { fromMs, toMs, variables } = this.place;
    const values = { team: { all: "* OR (*:* AND NOT _exists_:team)" }, ...variables };
    const moment = momentOf(panel, { fromMs, toMs, values }, this.#options.tickSeconds);
    return actualResult(target, await search(this.#options.store, panelSearch(target, moment)));
  }
}

/** Lists become their text, as in a cell. */
const cells = z.array(
  z.record(
    z.string(),
    z.union([z.string(), z.number(), z.array(z.string()).transform((list) => list.join(","))]),
  ),
);
const mappingsView = z.array(z.looseObject({ type: z.string(), options: z.record(z.string(), z.unknown()) }));
const mappedTo = z.looseObject({ text: z.string() });

function mapped(value: Cell, mappings: z.output<typeof mappingsView>): Cell {
  for (const { type, options } of mappings) {
    const found = type === "value" ? mappedTo.safeParse(options[String(value)]) : undefined;
    if (found?.success === true) return found.data.text;
  }
  return value;
}

type Override = {
  readonly name: string;
  readonly shown: string;
  readonly mappings: z.output<typeof mappingsView>;
  readonly links: z.output<typeof linksView>;
};

function overridesOf(panel: PanelView): readonly Override[] {
  return (panel.fieldConfig?.overrides ?? []).flatMap(({ matcher, properties }) => {
    const of = (id: string) => properties.find((property) => property.id === id)?.value;
    const shown = of("displayName");
    if (typeof shown !== "string") return [];
    return [
      {
        name: String(matcher.options).replace(/ \(first\)$/, ""),
        shown,
        mappings: mappingsView.parse(of("mappings") ?? []),
        links: linksView.parse(of("links") ?? []),
      },
    ];
  });
}

const transformationView = z.looseObject({ id: z.string(), options: z.record(z.string(), z.unknown()) });
const groupByView = z.record(z.string(), z.object({ operation: z.string() }).loose());

function groupKeys(panel: PanelView): readonly string[] | null {
  const all = z.array(transformationView).parse(panel["transformations"] ?? []);
  const found = all.find(({ id }) => id === "groupBy");
  if (found === undefined) return null;
  return Object.entries(groupByView.parse(found.options["fields"])).flatMap(([name, { operation }]) =>
    operation === "groupby" ? [name] : [],
  );
}

function fieldsOf(panel: PanelView): string {
  const options = z
    .looseObject({ reduceOptions: z.looseObject({ fields: z.string() }) })
    .parse(panel["options"]);
  return options.reduceOptions.fields.replace(String.raw`:?\s?`, "").replaceAll(/[/^$()]/g, "");
}

const sortView = z.looseObject({
  sortBy: z.array(z.looseObject({ displayName: z.string(), desc: z.boolean() })).default([]),
});

function sorted(panel: PanelView, rows: readonly Row[], columns: readonly Override[]): readonly Row[] {
  const { sortBy } = sortView.parse(panel["options"]);
  return rows.toSorted((a, b) => {
    for (const { displayName, desc } of sortBy) {
      const name = columns.find(({ shown }) => shown === displayName)?.name ?? displayName;
      const left = a.fields[name] ?? Number.NEGATIVE_INFINITY;
      const right = b.fields[name] ?? Number.NEGATIVE_INFINITY;
      if (left !== right) return left < right === desc ? 1 : -1;
    }
    return 0;
  });
}
