/**
 * Tables of the newest document of each key. Documents come newest first; Grafana groups them by the key columns and
 * keeps the first of each, so that text (cause, owner) stands beside numbers of the same tick, and a field that the
 * newest document lacks stays empty instead of showing an old value.
 */
import type { FieldName } from "../model/fields.ts";
import { tablePanel } from "./panels.ts";
import { documentsQuery } from "./queries.ts";
import type { Column, JsonObject, PanelDraft, PanelText } from "./types.ts";

export type LatestTable = PanelText & {
  readonly filter: string;
  /** Documents fetched at most: must hold at least one tick of every key. */
  readonly documents: number;
  /** Fields that tell rows apart; also columns when listed there. */
  readonly keys: readonly FieldName[];
  readonly columns: readonly Column[];
  readonly sortBy?: readonly { readonly field: FieldName; readonly descending: boolean }[];
  readonly timeFrom?: string;
};

export function latestTable(table: LatestTable): PanelDraft {
  const name = (field: FieldName) => (table.keys.includes(field) ? field : `${field} (first)`);
  const fields = [...new Set([...table.keys, ...table.columns.map((column) => column.field)])];
  return assemble(table, name, [
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

/** Documents as rows, newest first, without grouping: a log. */
export function logTable(table: Omit<LatestTable, "keys">): PanelDraft {
  const names = table.columns.map((column) => column.field);
  return assemble({ ...table, keys: [] }, (field) => field, [
    { id: "filterFieldsByName", options: { include: { names } } },
  ]);
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
    transformations: [
      ...transformations,
      {
        id: "organize",
        options: {
          indexByName: Object.fromEntries(shown.map((field, index) => [name(field), index])),
          renameByName: {},
          excludeByName: {},
        },
      },
    ],
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
