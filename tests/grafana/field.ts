import type { LagDocument } from "../../model/documents.ts";

export type FieldValue = string | number | readonly string[] | undefined;

/** A field by a name that is known only when the test runs. */
export function fieldOf(document: LagDocument, field: string): FieldValue {
  const fields: Readonly<Record<string, FieldValue>> = document;
  return fields[field];
}
