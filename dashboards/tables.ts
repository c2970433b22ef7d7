/**
 * Tables of the newest document of each key. Documents come newest first; Grafana groups them by the key columns and
 * keeps the first of each, so that text (cause, owner) stands beside numbers of the same tick, and a field that the
 * newest document lacks stays empty instead of showing an old value.
 */
import { FIELDS } from "../model/fields.ts";
import type { FieldName } from "../model/fields.ts";
import { tablePanel } from "./panels.ts";
import { documentsQuery, statisticName, statisticsQuery } from "./queries.ts";
import type { FieldStatistic, TermsLevel } from "./queries.ts";
import type { Column, JsonObject, PanelDraft, PanelText } from "./types.ts";

export type LatestTable = PanelText & {
  readonly filter: string;
  /** Documents fetched at most: must hold at least one tick of every key. */
  readonly documents: number;
  /** Fields that tell rows apart; also columns when listed there. */
  readonly keys: readonly FieldName[];
  readonly columns: readonly Column[];
  readonly sortBy?: readonly { readonly field: FieldName; readonly descending: boolean }[];
  /** Only documents of this long a time before the end of the range. */
  readonly lastSeconds?: number;
};

export function latestTable(table: LatestTable): PanelDraft {
  const name = (field: FieldName) => (table.keys.includes(field) ? field : `${field} (first)`);
  const fields = [...new Set([...table.keys, ...table.columns.map((column) => column.field)])];
  return assemble(table, name, [
    ...asTime(timesIn(table.columns)),
    {
      id: "groupBy",
      options: {
        fields: Object.fromEntries(
          fields.map((field) => [
            field,
            table.keys.includes(field)
              ? { operation: "groupby", aggregations: [] }
              : { operation: "aggregate", aggregations: ["first"] },
          ]),
        ),
      },
    },
  ]);
}

/** Dates in documents are text to Grafana; this makes times of them, in the reader's own time zone. */
export function asTime(fields: readonly FieldName[]): readonly JsonObject[] {
  if (fields.length === 0) return [];
  const conversions = fields.map((field) => ({ targetField: field, destinationType: "time" }));
  return [{ id: "convertFieldType", options: { conversions, fields: {} } }];
}

export type StatisticsTable = PanelText & {
  readonly filter: string;
  readonly by: readonly TermsLevel[];
  /** Columns of the keys and of the statistics; a statistic is a column of its field. */
  readonly columns: readonly (Column & { readonly statistic?: FieldStatistic["statistic"] })[];
  readonly sortBy: { readonly title: string; readonly descending: boolean };
};

/** One row per key with statistics over the whole range of the page, not the newest document. */
export function statisticsTable(table: StatisticsTable): PanelDraft {
  const statistics = table.columns.flatMap(({ field, statistic }) =>
    statistic === undefined ? [] : [{ field, statistic }],
  );
  const names = table.columns.map(({ field, statistic }) =>
    statistic === undefined ? field : statisticName({ field, statistic }, statistics),
  );
  return tablePanel({
    ...table,
    unit: "none",
    targets: [statisticsQuery({ filter: table.filter, statistics, by: table.by })],
    transformations: [inOrder(names)],
    overrides: table.columns.map((column, index) => columnOverride(column, names[index] ?? "")),
    sortBy: [{ displayName: table.sortBy.title, desc: table.sortBy.descending }],
  });
}

function inOrder(names: readonly string[]): JsonObject {
  return {
    id: "organize",
    options: {
      indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
      renameByName: {},
      excludeByName: {},
    },
  };
}

/** Documents as rows, newest first, without grouping: a log. */
export function logTable(table: Omit<LatestTable, "keys">): PanelDraft {
  const names = table.columns.map((column) => column.field);
  return assemble({ ...table, keys: [] }, (field) => field, [
    ...asTime(timesIn(table.columns)),
    { id: "filterFieldsByName", options: { include: { names } } },
  ]);
}

/** The time of the document itself is one already. */
function timesIn(columns: readonly Column[]): readonly FieldName[] {
  return columns
    .map(({ field }) => field)
    .filter((field) => field !== "@timestamp" && FIELDS[field].type === "date");
}

function assemble(
  table: LatestTable,
  name: (field: FieldName) => string,
  transformations: readonly JsonObject[],
): PanelDraft {
  const shown = table.columns.map((column) => column.field);
  const hidden = table.keys.filter((key) => !shown.includes(key));
  return tablePanel({
    ...table,
    unit: "none",
    targets: [documentsQuery(table.filter, table.documents)],
    transformations: [...transformations, inOrder(shown.map(name))],
    overrides: [
      ...table.columns.map((column) => columnOverride(column, name(column.field))),
      ...hidden.map((field) => override(name(field), [{ id: "custom.hidden", value: true }])),
    ],
    sortBy: (table.sortBy ?? []).map(({ field, descending }) => ({
      displayName: table.columns.find((column) => column.field === field)?.title ?? field,
      desc: descending,
    })),
  });
}

function columnOverride(column: Column, name: string): JsonObject {
  const properties: JsonObject[] = [
    { id: "displayName", value: column.title },
    { id: "noValue", value: column.noValue ?? "–" },
  ];
  if (column.unit !== undefined) properties.push({ id: "unit", value: column.unit });
  if (column.cell === "background") properties.push({ id: "custom.align", value: "left" });
  if (column.decimals !== undefined) properties.push({ id: "decimals", value: column.decimals });
  if (column.width !== undefined) properties.push({ id: "custom.width", value: column.width });
  if (column.mappings !== undefined) properties.push({ id: "mappings", value: column.mappings });
  if (column.thresholds !== undefined) {
    const steps = column.thresholds.map(({ color, value }) => ({ color, value }));
    properties.push({ id: "thresholds", value: { mode: "absolute", steps } });
  }
  if (column.links !== undefined) properties.push({ id: "links", value: column.links });
  properties.push(...cellProperties(column.cell));
  return override(name, properties);
}

/** Grafana 9 reads `displayMode`, newer versions `cellOptions`; each ignores the other. */
function cellProperties(cell: Column["cell"]): readonly JsonObject[] {
  if (cell === "background") {
    return [
      { id: "custom.displayMode", value: "color-background-solid" },
      { id: "custom.cellOptions", value: { type: "color-background", mode: "basic" } },
    ];
  }
  if (cell === "text") {
    return [
      { id: "custom.displayMode", value: "color-text" },
      { id: "custom.cellOptions", value: { type: "color-text" } },
    ];
  }
  if (cell === "wrap") {
    return [
      { id: "custom.cellOptions", value: { type: "auto", wrapText: true } },
      { id: "custom.inspect", value: true },
    ];
  }
  return [];
}

function override(name: string, properties: readonly JsonObject[]): JsonObject {
  return { matcher: { id: "byName", options: name }, properties };
}
