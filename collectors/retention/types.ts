/** What retention knows about stored indices, and what it decides. */

import type { Span } from "../elasticsearch/windows.ts";

export type StoredIndex = {
  readonly name: string;
  readonly createdMs: number;
  /** Times of the documents it can hold; null where that is not known, and such an index is never deleted. */
  readonly span: Span | null;
  /** Of a data stream, the index that was made last; Elasticsearch refuses to delete it. */
  readonly isWriteIndex: boolean;
  /** Carries the mark of our template. */
  readonly isOurs: boolean;
};

export type Removal = { readonly name: string; readonly span: Span };

export type Plan = {
  /** Windows of a time series to open, in this order. */
  readonly open: readonly Span[];
  /** Bounds that the template needs before the first document; null where they are right. */
  readonly first: Span | null;
  /** A plain data stream: whether to ask for a new index, which Elasticsearch makes when the old one is old or large. */
  readonly rollOver: boolean;
  readonly remove: readonly Removal[];
  /** Indices that are old enough; more than `remove` where the run is bounded or held. */
  readonly due: number;
  /** Why nothing is deleted although something is due; null otherwise. */
  readonly held: string | null;
  /** One sentence each about what a person should know. */
  readonly warnings: readonly string[];
  /** Start of the oldest index that stays; null where none does. */
  readonly oldestMs: number | null;
  /** A time series: documents are taken without a gap until then. */
  readonly coveredUntilMs: number | null;
};
