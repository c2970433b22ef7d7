export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A time of day in which a batch consumer works; outside of it lag is expected. */
export type BatchWindow = {
  /** Days on which it begins; empty: every day. */
  readonly weekdays: readonly Weekday[];
  /** `HH:MM`; a window that ends at or before its beginning ends on the next day. */
  readonly from: string;
  readonly to: string;
  /** IANA name. */
  readonly timezone: string;
  /** How much later than `from` it may begin and than `to` it may end. */
  readonly grace_seconds: number;
};

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
  /** Left out or empty: the group works all the time. */
  readonly batch_windows?: readonly BatchWindow[];
};

/** Gives the policy of one group; pure and cheap enough to be called for every group and tick. */
export type PolicyResolver = (group: string, topics: readonly string[]) => ResolvedPolicy;
