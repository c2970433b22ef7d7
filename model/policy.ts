/** What is expected of a consumer group, resolved for that one group. */
export type ResolvedPolicy = {
  /** Name of the rule in `lagline.yaml`, or `default`. */
  readonly name: string;
  readonly tier: string;
  readonly team: string | null;
  /** Highest time lag that is still fine, in seconds. */
  readonly objective_seconds: number;
  /** Lag in messages below which time lag is not held against the group. */
  readonly lag_floor: number;
  /** True where a group without commits is normal. */
  readonly expected_idle: boolean;
  readonly runbook: string | null;
  readonly slack_channel: string | null;
};

/** Gives the policy of one group; pure and cheap enough to be called for every group and tick. */
export type PolicyResolver = (group: string, topics: readonly string[]) => ResolvedPolicy;
