/** The policy that tests, the simulator and benchmarks judge by, unless they are about policies. */
import type { ResolvedPolicy } from "../../model/policy.ts";

export const TEST_POLICY: ResolvedPolicy = {
  name: "default",
  tier: "standard",
  team: null,
  objective_seconds: 60,
  lag_floor: 100,
  expected_idle: false,
  runbook: null,
  slack_channel: null,
};
