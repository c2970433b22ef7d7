/** Panel kinds in use, each with the house defaults: description, unit, empty text, words beside colours. */
import type { JsonObject, PanelDraft, PanelText, ThresholdStep } from "./types.ts";
import { COLOURS, NO_STEPS, emptyMapping } from "./appearance.ts";
import { atTheEnd } from "./lucene.ts";
import { DATASOURCE } from "./queries.ts";

export type PanelOptions = PanelText & {
  readonly unit: string;
  readonly decimals?: number;
  readonly steps?: readonly ThresholdStep[];
  readonly mappings?: readonly JsonObject[];
  readonly targets: readonly JsonObject[];
  readonly overrides?: readonly JsonObject[];
  readonly transformations?: readonly JsonObject[];
  /** Shows only this long a time before the end of the page's range. */
  readonly lastSeconds?: number;
};

type PanelParts = {
  readonly type: string;
  readonly custom?: JsonObject;
  readonly color?: JsonObject;
  readonly options: JsonObject;
};

export type StatOptions = PanelOptions & {
  /** Only fields whose name matches this regular expression. */
  readonly fields?: string;
  /** `false`: only the text is coloured. */
  readonly background?: boolean;
  /** Points; smaller where the value is a sentence. @default 34 */
  readonly textSize?: number;
  /** Names beside the values, where there are several. @default "value" */
  readonly textMode?: "value" | "value_and_name";
  /** How one value is made of many. @default "lastNotNull" */
  readonly calculation?: "lastNotNull" | "sum";
};

/** One value, large, on its colour, with its word. */
export function statPanel(panel: StatOptions): PanelDraft {
  const mappings = panel.mappings ?? [emptyMapping(panel.empty)];
  return draft(
    { ...panel, mappings },
    {
      type: "stat",
      color: { mode: "thresholds" },
      options: {
        reduceOptions: {
          calcs: [panel.calculation ?? "lastNotNull"],
          fields: panel.fields ?? "",
          values: false,
        },
        colorMode: panel.background === false ? "value" : "background",
        graphMode: "none",
        justifyMode: "center",
        orientation: "auto",
        textMode: panel.textMode ?? "value",
        wideLayout: true,
        showPercentChange: false,
        percentChangeColorMode: "standard",
        text: { titleSize: 14, valueSize: panel.textSize ?? 34 },
      },
    },
  );
}

export type LineOptions = PanelOptions & {
  readonly minimum?: number;
  /** A gap longer than this stays open; shorter ones are late ticks and are bridged. */
  readonly gapSeconds: number;
  readonly legend?: "list" | "table" | "none";
  /** Draws the threshold of `steps` as a dashed line. */
  readonly thresholdLine?: boolean;
};

/** Lines over time. At most 20 of them; the caller's query sees to it. */
export function linePanel(panel: LineOptions): PanelDraft {
  const legend = panel.legend ?? "list";
  return draft(panel, {
    type: "timeseries",
    color: { mode: "palette-classic" },
    custom: {
      drawStyle: "line",
      lineWidth: 2,
      fillOpacity: 8,
      pointSize: 4,
      showPoints: "never",
      spanNulls: panel.gapSeconds * 1000,
      axisPlacement: "auto",
      axisSoftMin: panel.minimum ?? 0,
      thresholdsStyle: { mode: panel.thresholdLine === true ? "dashed" : "off" },
    },
    options: {
      legend: {
        showLegend: legend !== "none",
        displayMode: legend === "table" ? "table" : "list",
        placement: "bottom",
        calcs: legend === "table" ? ["lastNotNull", "max"] : [],
      },
      tooltip: { mode: "multi", sort: "desc" },
    },
  });
}

/** One bar per series that changes colour and word with its value. */
export function timelinePanel(panel: PanelOptions): PanelDraft {
  return draft(panel, {
    type: "state-timeline",
    // Not "thresholds": it would sort the values into ranges before the mappings see them.
    color: { mode: "fixed", fixedColor: COLOURS.neutral },
    custom: { lineWidth: 0, fillOpacity: 75, spanNulls: false },
    options: {
      mergeValues: true,
      showValue: "auto",
      alignValue: "left",
      rowHeight: 0.85,
      legend: { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] },
      tooltip: { mode: "single", sort: "none" },
    },
  });
}

/** Many series over time as a map: what would be more than 20 lines. */
export function heatmapPanel(panel: PanelOptions): PanelDraft {
  return draft(panel, {
    type: "heatmap",
    custom: { hideFrom: { legend: false, tooltip: false, viz: false } },
    options: {
      calculate: false,
      showValue: "never",
      cellGap: 1,
      // Opacity instead of a scheme: nothing is see-through in both themes, and only lag draws the eye.
      color: {
        mode: "opacity",
        fill: "dark-orange",
        exponent: 0.5,
        scale: "exponential",
        // Not used in this mode, and required.
        scheme: "Oranges",
        steps: 64,
        reverse: false,
        // Else small differences would look like large ones.
        min: 0,
      },
      rowsFrame: { layout: "auto" },
      yAxis: { axisPlacement: "left", reverse: true },
      cellValues: { unit: panel.unit },
      filterValues: { le: 1e-9 },
      legend: { show: true },
      // Grafana 9 reads `show`, newer versions `mode`.
      tooltip: { show: true, mode: "single", yHistogram: false, showColorScale: false },
      exemplars: { color: COLOURS.critical },
    },
  });
}

export function tablePanel(
  panel: PanelOptions & { readonly sortBy?: readonly JsonObject[]; readonly cellHeight?: "sm" | "md" | "lg" },
): PanelDraft {
  return draft(panel, {
    type: "table",
    color: { mode: "thresholds" },
    custom: {
      align: "auto",
      displayMode: "auto",
      cellOptions: { type: "auto" },
      inspect: false,
      filterable: false,
    },
    options: {
      frameIndex: 0,
      showHeader: true,
      cellHeight: panel.cellHeight ?? "sm",
      footer: { show: false, reducer: ["sum"], countRows: false },
      sortBy: panel.sortBy ?? [],
    },
  });
}

/** Text in Markdown, without a query. */
export function textPanel(panel: Omit<PanelText, "empty"> & { readonly markdown: string }): PanelDraft {
  return {
    id: panel.id,
    width: panel.width,
    height: panel.height,
    body: {
      type: "text",
      title: panel.title,
      description: panel.description,
      transparent: false,
      options: {
        mode: "markdown",
        content: panel.markdown,
        code: { language: "plaintext", showLineNumbers: false, showMiniMap: false },
      },
    },
  };
}

function draft(panel: PanelOptions, parts: PanelParts): PanelDraft {
  const body: JsonObject = {
    type: parts.type,
    title: panel.title,
    description: panel.description,
    datasource: DATASOURCE,
    targets: panel.targets.map((target) => ofLastMoments(target, panel.lastSeconds)),
    options: parts.options,
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        ...(panel.decimals === undefined ? {} : { decimals: panel.decimals }),
        noValue: panel.empty,
        ...(parts.color === undefined ? {} : { color: parts.color }),
        mappings: panel.mappings ?? [],
        thresholds: { mode: "absolute", steps: (panel.steps ?? NO_STEPS).map(toStep) },
        custom: parts.custom ?? {},
      },
      overrides: panel.overrides ?? [],
    },
    transformations: panel.transformations ?? [],
    // Narrow buckets where the range is relative; where it is not, the filter alone keeps old data out.
    ...(panel.lastSeconds === undefined ? {} : { timeFrom: `${panel.lastSeconds}s`, hideTimeOverride: true }),
  };
  return { id: panel.id, width: panel.width, height: panel.height, body };
}

function ofLastMoments(target: JsonObject, seconds: number | undefined): JsonObject {
  const filter = target["query"];
  if (seconds === undefined || typeof filter !== "string") return target;
  return { ...target, query: `${filter} AND ${atTheEnd(seconds)}` };
}

function toStep({ color, value }: ThresholdStep): JsonObject {
  return { color, value };
}
