import { expect, test } from "vitest";
import { createNameFilter } from "../../collectors/burrow/filters.ts";
import { proposePolicies } from "./propose.ts";

const proposals = (...groups: string[]): Record<string, string> =>
  Object.fromEntries(proposePolicies(groups).map(({ name, groups: glob }) => [name, glob]));

test("no groups, no proposals", () => {
  expect(proposePolicies([])).toEqual([]);
});

test("a single group of a family is no family", () => {
  expect(proposals("checkout-api", "lonely")).toEqual({});
});

test("groups that share a first word become one rule, the largest family first", () => {
  expect(proposals("mail.in", "mail.out", "checkout-api", "checkout-mails", "checkout-audit")).toEqual({
    checkout: "checkout-*",
    mail: "mail.*",
  });
});

test("terminals, connectors and batches are recognised by their names", () => {
  const found = proposePolicies(["console-consumer-4711", "connect-s3", "nightly-export", "exporter"]);
  expect(found.map(({ name, settings }) => [name, settings])).toEqual([
    ["console", { tier: "none", expected_idle: true }],
    ["connect", { team: "connect" }],
    ["nightly-export", { objective_seconds: 3600 }],
  ]);
});

test("the glob of a batch matches its group also where the name holds glob characters", () => {
  const name = "nightly-[a]*";
  const [found] = proposePolicies([name]);
  const matches = createNameFilter({ include: [found?.groups ?? ""], exclude: [], origin: "test" });
  expect(matches(name)).toBe(true);
  expect(matches("nightly-other")).toBe(false);
});

test("a thousand families do not flood the file", () => {
  const groups = Array.from({ length: 1000 }, (_, index) => [`team${index}-a`, `team${index}-b`]).flat();
  expect(proposePolicies(groups)).toHaveLength(12);
});
