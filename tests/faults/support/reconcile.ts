/** Compares what was read with what is stored and what was put aside, document by document. */
import { type FakeElasticsearch, identityOf } from "../../fakes/fake-elasticsearch.ts";
import type { CollectorUnderTest } from "./collector-under-test.ts";

export type Reconciliation = {
  /** Read, and neither stored nor put aside. */
  readonly lost: readonly string[];
  /** Stored and put aside as well, or put aside twice. */
  readonly doubled: readonly string[];
  /** Stored, and never read like this. */
  readonly letIn: readonly string[];
};

export const CLEAN: Reconciliation = { lost: [], doubled: [], letIn: [] };

/** For when nothing waits any more. */
export async function reconcile(
  { read, deadLetters }: Pick<CollectorUnderTest, "read" | "deadLetters">,
  { documents }: Pick<FakeElasticsearch, "documents">,
): Promise<Reconciliation> {
  const letters = new Map<string, number>();
  for (const { document } of await deadLetters()) {
    const identity = identityOf({ ...Object(document) });
    letters.set(identity, (letters.get(identity) ?? 0) + 1);
  }
  const identities = [...read.keys()];
  return {
    lost: identities.filter((identity) => !documents.has(identity) && !letters.has(identity)),
    doubled: [...letters].flatMap(([identity, times]) =>
      times > 1 || documents.has(identity) ? [identity] : [],
    ),
    letIn: [...documents].flatMap(([identity, document]) =>
      read.get(identity) === JSON.stringify(document) ? [] : [identity],
    ),
  };
}
