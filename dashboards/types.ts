/** Shapes that every dashboard file shares: what goes in (options) and what comes out (panels and dashboards as JSON). */
import type { FieldName } from "../model/fields.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** What dashboards depend on. Every threshold drawn on a panel follows from these numbers. */
export type DashboardConfig = {
  /** Environment of `lagline.yaml`; part of titles when it is not the only one. */
  readonly environment: string;
  /** `uid` of the provisioned data source, the default of the `datasource` variable. */
  readonly datasourceUid: string;
  /** Time between ticks. */
  readonly intervalSeconds: number;
  /** After this long without a trusted document the monitoring counts as blind; the alert rule uses the same. */
  readonly staleAfterSeconds: number;
  /** Markdown of the runbooks by file name without `.md`; shown on a page of its own. */
  readonly runbooks?: ReadonlyMap<string, string>;
};

export type BuiltDashboard = {
  readonly uid: string;
  readonly title: string;
  readonly fileName: string;
  readonly json: JsonObject;
};

/** A panel before it has a place. Width in columns of 24, height in grid units of 30 px. */
export type PanelDraft = {
  /** Fixed for ever: alert rules and links point to it. */
  readonly id: number;
  readonly width: number;
  readonly height: number;
  readonly body: JsonObject;
};

/** What each panel says about itself. */
export type PanelText = {
  readonly id: number;
  readonly title: string;
  /** One sentence that says what bad looks like. */
  readonly description: string;
  /** Shown when there is nothing to show: says what that means. */
  readonly empty: string;
  readonly width: number;
  readonly height: number;
};

export type ThresholdStep = { readonly color: string; readonly value: number | null };

/** A column of a table: one field, how it is called and drawn. */
export type Column = {
  readonly field: FieldName;
  readonly title: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly width?: number;
  readonly mappings?: readonly JsonObject[];
  readonly thresholds?: readonly ThresholdStep[];
  /** `background`: coloured cell (text stays), `text`: coloured text, `wrap`: long text over several lines. */
  readonly cell?: "background" | "text" | "wrap";
  readonly links?: readonly JsonObject[];
  readonly noValue?: string;
};
