import { expect, test } from "vitest";
import type { Finding, Outcome } from "./finding.ts";
import { firstBroken } from "./finding.ts";
import { formatFindings } from "./text.ts";

const finding = (link: Finding["link"], outcome: Outcome, cluster?: string): Finding => ({
  link,
  check: "reachable",
  outcome,
  evidence: `${link} was seen.`,
  ...(cluster === undefined ? {} : { cluster }),
  ...(outcome === "ok" || outcome === "skipped" ? {} : { fix: `Mend ${link}.` }),
});

test("the first broken link is the one nearest to Kafka, in whatever order the looks ended", () => {
  const found = [
    finding("slack", "broken"),
    finding("elasticsearch", "broken"),
    finding("kafka", "ok", "shop"),
  ];
  expect(firstBroken(found)?.link).toBe("elasticsearch");
  expect(formatFindings(found).at(-1)).toBe(
    "First broken link: Elasticsearch, reachable. elasticsearch was seen. Do: Mend elasticsearch. 1 more are broken; those further on may be its consequences.",
  );
});

test("a warning breaks nothing", () => {
  const found = [finding("kafka", "warning"), finding("slack", "skipped")];
  expect(firstBroken(found)).toBeUndefined();
  expect(formatFindings(found).at(-1)).toBe(
    "The chain holds: 0 checks are right, 1 with a warning; 1 could not be looked at.",
  );
});

test("each cluster has a title of its own, in the order of the chain", () => {
  const found = [finding("slack", "ok"), finding("kafka", "ok", "a"), finding("kafka", "broken", "b")];
  expect(formatFindings(found).slice(0, 7)).toEqual([
    "Kafka (a)",
    "  ok       reachable: kafka was seen.",
    "Kafka (b)",
    "  BROKEN   reachable: kafka was seen.",
    "           Do: Mend kafka.",
    "Slack",
    "  ok       reachable: slack was seen.",
  ]);
});
