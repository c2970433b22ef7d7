import { expect, test } from "vitest";
import { parseConfig } from "../../config/load.ts";
import { RELAYED_YAML } from "../../tests/support/synthesise.ts";
import { momentAt } from "../demo/timeline.ts";
import { canaryScenario } from "./scenario.ts";

const config = (more: string) => parseConfig(`${RELAYED_YAML}  canary: ${more}\n`, "t.yaml");

test("the canary keeps up, then stops, over and over", () => {
  const { canary } = config("{ cluster: shop }").alerts;
  expect(canary).toBeDefined();
  if (canary === undefined) return;
  const scenario = canaryScenario(canary);
  const hung = (seconds: number) => momentAt(scenario, seconds, { seed: 1, speed: 1 }).phase.hung === true;
  const cycle = canary.quiet_seconds + canary.late_seconds;
  for (const start of [0, cycle, 5 * cycle]) {
    expect(hung(start + canary.quiet_seconds - 1)).toBe(false);
    expect(hung(start + canary.quiet_seconds + 1)).toBe(true);
  }
});

test.each([
  ["a cluster that is not there", "{ cluster: nowhere }", /alerts.canary.cluster/],
  ["a stop that is too short for any alert", "{ cluster: shop, late_seconds: 60 }", /late_seconds/],
  ["an alarm before an alert could come", "{ cluster: shop, silence_seconds: 900 }", /silence_seconds/],
])("%s is refused", (_name, text, says) => {
  expect(() => config(text)).toThrow(says);
});

test("without the relay nobody would hold the canary's alerts back, so it is refused", () => {
  expect(() =>
    parseConfig(
      `${RELAYED_YAML.replace("delivery: relay", "delivery: grafana").replace(/ +bot_token_file:.*\n/, "")}  canary: { cluster: shop }\n`,
      "t.yaml",
    ),
  ).toThrow(/canary.*delivery: relay/s);
});
