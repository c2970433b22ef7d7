/** `lagline alerts list`: the catalogue as a table or as JSON. Pure. */
import type { CatalogueEntry } from "../../alerts/index.ts";
import { pad, textWidth } from "../top/text-width.ts";

const HEAD = ["title", "severity", "pending", "fires when", "runbook", "uid"] as const;

/** Lines without their ends. */
export function catalogueLines(entries: readonly CatalogueEntry[]): readonly string[] {
  const rows = [HEAD, ...entries.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => textWidth(row[column] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, "left"))
      .join("  ")
      .trimEnd(),
  );
}

function rowOf(entry: CatalogueEntry): readonly string[] {
  const { title, severity, pending_seconds: pending, when, runbook, uid } = entry;
  return [title, severity, pending === 0 ? "none" : `${pending} s`, when, runbook, uid];
}
