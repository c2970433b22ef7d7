import { describe, expect, it } from "vitest";
import { createPolicyResolver } from "./policies.ts";
import { policies } from "./presentation-schema.ts";

const parsed = policies.parse({
  default: { objective_seconds: 300, team: "platform" },
  rules: [
    { name: "all-billing", match: { groups: ["billing-*"] }, objective_seconds: 120 },
    {
      name: "billing-pages",
      match: { groups: ["billing-invoice-*"] },
      objective_seconds: 30,
      team: "billing",
    },
    {
      name: "other-cluster",
      match: { clusters: ["eu-*"], groups: ["billing-invoice-pdf"] },
      objective_seconds: 1,
    },
    { name: "audit-topic", match: { topics: ["audit.*"] }, expected_idle: true },
  ],
});

describe("policies", () => {
  const resolve = createPolicyResolver(parsed, "orders");

  it("falls back to the default where no rule matches", () => {
    expect(resolve("search", ["clicks"])).toMatchObject({
      name: "default",
      objective_seconds: 300,
      team: "platform",
    });
  });

  it("does not apply a rule of another cluster", () => {
    expect(resolve("billing-invoice-pdf", [])).toMatchObject({ name: "billing-pages" });
  });

  it("lets the most specific group glob win and takes the rest from the default", () => {
    expect(resolve("billing-invoice-mail", [])).toMatchObject({
      name: "billing-pages",
      objective_seconds: 30,
      team: "billing",
      lag_floor: 100,
    });
    expect(resolve("billing-other", [])).toMatchObject({ name: "all-billing", team: "platform" });
  });

  it("matches by a topic that the group reads", () => {
    expect(resolve("search", ["clicks", "audit.log"])).toMatchObject({
      name: "audit-topic",
      expected_idle: true,
    });
  });

  it("lets a star match dots and slashes in a group name", () => {
    expect(resolve("billing-a/b.c", [])).toMatchObject({ name: "all-billing" });
  });

  it("gives a rule's batch windows, or those of the default, and leaves them out where there are none", () => {
    const nightly = { from: "02:00", to: "05:00" };
    const withWindows = policies.parse({
      default: { batch_windows: [nightly] },
      rules: [{ name: "always", match: { groups: ["live"] }, batch_windows: [] }],
    });
    expect(createPolicyResolver(withWindows, "orders")("etl", []).batch_windows).toEqual([
      { ...nightly, weekdays: [], timezone: "UTC", grace_seconds: 900 },
    ]);
    expect(createPolicyResolver(withWindows, "orders")("live", [])).not.toHaveProperty("batch_windows");
  });

  it("refuses times and zones that do not exist", () => {
    const rule = { batch_windows: [{ from: "24:00", to: "5:00", timezone: "Europe/Nowhere" }] };
    const problems = policies.safeParse({ default: rule }).error?.issues.map(({ path }) => path.at(-1));
    expect(problems).toEqual(["from", "to", "timezone"]);
  });
});
