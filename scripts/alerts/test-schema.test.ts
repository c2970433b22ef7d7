import { expect, test } from "vitest";
import { parseAlertTests } from "./test-schema.ts";

const parse = (body: string) => parseAlertTests(`tests:\n  - ${body}\n`, "t.yaml");
const SERIES = "series: [{ group: g, fields: { verdict: ok*5 } }]";

test.each([
  ["{ name: a, expect: [] }", /tests\[0\] must have one of `scenario`, `series` and `stored_minutes`/],
  [`{ name: a, scenario: x, ${SERIES}, expect: [] }`, /must have one of/],
  [`{ name: a, ${SERIES} }`, /tests\[0\]\.expect is missing/],
  [
    `{ name: a, ${SERIES}, expects: [], expect: [] }`,
    /tests\[0\]\.expects is not a setting\. Did you mean `expect`\?/,
  ],
  [
    "{ name: a, series: [{ group: g, fields: { verdikt: ok*5 } }], expect: [] }",
    /fields\.verdikt is not a field/,
  ],
  [
    "{ name: a, series: [{ group: g, fields: { group: ok*5 } }], expect: [] }",
    /fields\.group is not a field/,
  ],
  [
    "{ name: a, series: [{ group: g, fields: { total_lag: ok*5 } }], expect: [] }",
    /total_lag holds numbers, and "ok" is none/,
  ],
  [
    "{ name: a, series: [{ group: g, fields: { verdict: 5*5 } }], expect: [] }",
    /verdict holds words, and 5 is none/,
  ],
  [
    "{ name: a, series: [{ group: g, fields: { verdict: ok5x } }, { fields: { suspect: 1x5 } }], expect: [] }",
    /`1x5` is none/,
  ],
  [
    "{ name: a, series: [{ group: g, collector: c, fields: { suspect: 1 } }], expect: [] }",
    /a group or a collector, not both/,
  ],
  [`{ name: a, ${SERIES}, group: x, expect: [] }`, /tests\[0\]\.group only renames the subject/],
  [
    "{ name: a, scenario: quiet day, starts_at: 2026-01-01T00:00:00Z, expect: [] }",
    /starts_at only moves `series`/,
  ],
  [
    `{ name: a, ${SERIES}, expect: [{ alert: A, fires_between_seconds: [9, 1] }] }`,
    /\[earliest, latest\], in this order/,
  ],
  [
    `{ name: a, ${SERIES}, expect: [{ alert: A, fires_between_seconds: [1, 9], ends: over }] }`,
    /ends_between_seconds is needed/,
  ],
  [
    "{ name: a, stored_minutes: 30, events: [{ at_seconds: 1, kind: mute, groups: [a], minutes: 1 }], expect: [] }",
    /cannot be added to what is stored/,
  ],
  [
    `{ name: a, ${SERIES}, expect: [] }\n  - { name: a, ${SERIES}, expect: [] }`,
    /tests\[1\]\.name is used twice/,
  ],
  ["{ name: a, name: b }", /Map keys must be unique/],
])("%s is refused with a sentence", (body, says) => {
  expect(() => parse(body)).toThrow(says);
});

test("all problems are named at once, and the command ends with the exit code of wrong usage", () => {
  const broken = "{ name: a, scenario: x, group: 5, messages: -1, expect: [{ alert: A }] }";
  expect(() => parse(broken)).toThrow(
    expect.objectContaining({
      code: "LAGLINE_USAGE_ALERT_TEST",
      message: expect.stringMatching(
        /3 problems.*group must be a text.*fires_between_seconds is missing.*messages must be at least 0/s,
      ),
    }),
  );
});
