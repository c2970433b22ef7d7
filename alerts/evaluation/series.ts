/** What a query of a rule gives: one row of buckets per combination of the terms, and numbers by labels. */
export type Labels = Readonly<Record<string, string>>;

/** Buckets oldest first; null where a bucket has no value. */
export type Series = { readonly labels: Labels; readonly points: readonly (number | null)[] };
export type Numbers = readonly { readonly labels: Labels; readonly value: number }[];

/** One text for one set of labels, whatever their order. */
export function labelKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Every label of `part` stands in `whole` with the same value: how Grafana joins values to an alert. */
export function includesLabels(whole: Labels, part: Labels): boolean {
  return Object.entries(part).every(([name, value]) => whole[name] === value);
}
