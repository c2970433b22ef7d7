import fc from "fast-check";
import { expect, test } from "vitest";
import { partitionSchema, readPartition } from "./schema.ts";

const ODD: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  "",
  "x",
  [],
  {},
  [1],
  { offset: 1 },
  0,
  -0,
  1,
  -1,
  -2,
  0.5,
  1.5,
  2 ** 31,
  2 ** 31 - 1,
  2 ** 53 - 1,
  2 ** 53,
  1e300,
  Number.POSITIVE_INFINITY,
  Number.NaN,
];
const odd = fc.constantFrom(...ODD);
const commit = fc.oneof(
  odd,
  fc.record({ offset: odd, timestamp: odd, observedAt: odd, lag: odd }, { requiredKeys: [] }),
  fc.constant({ offset: 7, timestamp: 1_800_000_000_000, observedAt: 1_800_000_000_001, lag: null }),
);
const good = {
  topic: "orders",
  partition: 3,
  owner: "/10.0.0.1",
  client_id: "c",
  status: "OK",
  start: null,
  end: { offset: 1, timestamp: 2, observedAt: 3, lag: 0 },
  current_lag: 4,
  complete: 1,
};
const changed = fc.record(
  {
    topic: odd,
    partition: odd,
    owner: odd,
    client_id: odd,
    status: odd,
    start: commit,
    end: commit,
    current_lag: odd,
    complete: odd,
    unheard_of: odd,
  },
  { requiredKeys: [] },
);

test("an entry is taken, with its values, exactly when the schema takes it", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        odd,
        changed.map((change) => ({ ...good, ...change })),
      ),
      (entry) => {
        const expected = partitionSchema.safeParse(entry);
        // The schema leaves out keys that nobody knows; those that are read are the same.
        const wanted = expected.success ? { success: true, data: expected.data } : { success: false };
        expect(readPartition(entry)).toMatchObject(wanted);
      },
    ),
    { numRuns: 5000 },
  );
});
