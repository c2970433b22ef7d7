/** What a look at one link of the chain found, and which link is the first that is broken. Pure. */

/** The way of a number, from its source to the person. A later link cannot be right while an earlier one is broken. */
export const LINKS = ["kafka", "burrow", "collector", "elasticsearch", "grafana", "relay", "slack"] as const;
export type Link = (typeof LINKS)[number];

export const LINK_TITLES: Readonly<Record<Link, string>> = {
  kafka: "Kafka",
  burrow: "Burrow",
  collector: "Collector",
  elasticsearch: "Elasticsearch",
  grafana: "Grafana",
  relay: "Relay",
  slack: "Slack",
};

/**
 * `ok`: looked at and right. `warning`: works, but a person should know. `broken`: numbers do not pass, or cannot be
 * believed. `skipped`: not looked at; the evidence says why.
 */
export type Outcome = "ok" | "warning" | "broken" | "skipped";

export type Finding = {
  readonly link: Link;
  /** Kafka cluster, where the link is one per cluster. */
  readonly cluster?: string;
  /** Stable name of the check, kebab-case. */
  readonly check: string;
  readonly outcome: Outcome;
  /** One sentence with the values that were seen. */
  readonly evidence: string;
  /** One sentence: what to do now. Always there for `warning` and `broken`. */
  readonly fix?: string;
};

/** What a check gives before it is known whose link it was. */
export type Observation = Omit<Finding, "link" | "cluster">;

export const ok = (check: string, evidence: string): Observation => ({ check, outcome: "ok", evidence });
export const skipped = (check: string, evidence: string): Observation => ({
  check,
  outcome: "skipped",
  evidence,
});
export const warning = (check: string, evidence: string, fix: string): Observation => ({
  check,
  outcome: "warning",
  evidence,
  fix,
});
export const broken = (check: string, evidence: string, fix: string): Observation => ({
  check,
  outcome: "broken",
  evidence,
  fix,
});

/** The earliest broken finding on the way from Kafka to Slack; what is broken after it may only be its consequence. */
export function firstBroken(findings: readonly Finding[]): Finding | undefined {
  return findings
    .filter(({ outcome }) => outcome === "broken")
    .toSorted((a, b) => LINKS.indexOf(a.link) - LINKS.indexOf(b.link))[0];
}
