/** Columns that several tables show, so that a verdict or a number of messages looks the same on every page. */
import { verdictMappings, zeroMapping } from "./appearance.ts";
import { toGroupLink } from "./links.ts";
import type { Column } from "./types.ts";

export function verdictColumn(width: number): Column {
  return { field: "verdict_code", title: "Verdict", width, mappings: verdictMappings(), cell: "background" };
}

export function groupColumn(width: number): Column {
  return { field: "group", title: "Group", width, links: [toGroupLink()] };
}

export function lateColumn(width: number): Column {
  return {
    field: "time_lag_seconds",
    title: "Late by",
    unit: "s",
    decimals: 1,
    width,
    mappings: zeroMapping("0 s"),
  };
}

export function messagesColumn(field: "lag" | "total_lag"): Column {
  return { field, title: "Messages", unit: "short", width: 90, mappings: zeroMapping("0") };
}

/** How long the verdict has held. */
export function heldColumn(width: number): Column {
  return {
    field: "verdict_seconds",
    title: "For",
    unit: "s",
    decimals: 0,
    width,
    mappings: zeroMapping("0 s"),
  };
}

/** Time until the lag is gone; empty while it does not shrink. */
export function goneColumn(width: number): Column {
  return { field: "eta_seconds", title: "Gone in", unit: "s", decimals: 0, width };
}

export function ownerColumn(width?: number): Column {
  const column: Column = { field: "partition_owner", title: "Owner", noValue: "no owner" };
  return width === undefined ? column : { ...column, width };
}

export const WHEN_COLUMN: Column = { field: "@timestamp", title: "When", width: 175 };
export const TEAM_COLUMN: Column = { field: "team", title: "Team", width: 100, noValue: "none" };
export const CAUSE_COLUMN: Column = { field: "cause", title: "Cause", cell: "wrap" };
