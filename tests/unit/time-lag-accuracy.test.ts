import { expect, test } from "vitest";
import { formatRows, tabulate } from "../support/time-lag-accuracy.ts";

test("errors count in both directions, and the table keeps the highest", () => {
  const samples = [10, 12, 7].map((saidSeconds) => ({
    group: "a",
    method: "exact",
    saidSeconds,
    truthSeconds: 10,
  }));
  const rows = tabulate(samples, ({ method }) => method);
  expect(rows).toEqual([{ name: "exact", samples: 3, p50: 2, p95: 3, max: 3, latest: 10 }]);
  expect(formatRows(rows)).toContain("| exact | 3 | 2.0 s | 3.0 s | 3.0 s | 10 s |");
});
