/** The language of `lagline alerts test`: what happens, and which alerts it must raise. Strict: an unknown key is a typing error. */
import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { z } from "zod";
import { expandNotation } from "./notation.ts";
import { describeIssues } from "../../config/issues.ts";
import { FIELDS, FIELD_NAMES } from "../../model/fields.ts";
import { LaglineError, describeError } from "../../model/errors.ts";

const text = z.string().min(1);
const seconds = z.number().min(0);
const span = z
  .tuple([seconds, seconds])
  .refine(([from, to]) => from <= to, { error: "must be [earliest, latest], in this order" });

const notation = z.union([z.string(), z.number()]).transform((value, context) => {
  try {
    return expandNotation(String(value));
  } catch (error) {
    context.addIssue({ code: "custom", message: describeError(error) });
    return z.NEVER;
  }
});

/** Of a series that the test gives itself. */
const DIMENSIONS: ReadonlySet<string> = new Set(["@timestamp", "record", "group", "collector", "cluster"]);
const series = z
  .strictObject({
    cluster: text.optional().describe("Kafka cluster. Default: that of the test."),
    group: text.optional().describe("Consumer group: its documents have record `group`."),
    collector: text.optional().describe("Collector: its documents have record `collector`."),
    topics: z.array(text).default([]).describe("Topics of the group, for policies that match by topic."),
    fields: z
      .record(z.string(), notation)
      .describe("Field and its values, one per tick: `0+30*40 _*5` or `ok*20 stopped*40`."),
  })
  .superRefine((value, context) => {
    if (value.group !== undefined && value.collector !== undefined) {
      context.addIssue({ code: "custom", message: "must name a group or a collector, not both" });
    }
    for (const [name, values] of Object.entries(value.fields)) {
      const message = fieldProblem(name, values);
      if (message !== null) context.addIssue({ code: "custom", path: ["fields", name], message });
    }
  })
  .describe("Documents of one group, one collector, or (without either) of the cluster.");

function fieldProblem(name: string, values: readonly (string | number | undefined)[]): string | null {
  const field = FIELD_NAMES.find((candidate) => candidate === name);
  if (field === undefined || DIMENSIONS.has(name)) {
    return "is not a field that a series can have; docs/reference/records.md lists them";
  }
  const { type } = FIELDS[field];
  const kind = type === "keyword" || type === "date" ? "string" : "number";
  const wrong = values.find((value) => value !== undefined && typeof value !== kind);
  return wrong === undefined
    ? null
    : `holds ${kind === "string" ? "words" : "numbers"}, and ${JSON.stringify(wrong)} is none`;
}

const event = z
  .strictObject({
    at_seconds: seconds.describe("When, since the begin of the test."),
    kind: z.enum(["mute", "deployment"]).describe("As `lagline mute` or `lagline annotate` would store it."),
    groups: z.array(text).min(1).describe("Groups that it silences."),
    minutes: z.number().min(1).describe("How long."),
  })
  .describe("Somebody silences groups.");

const expected = z
  .strictObject({
    alert: text.describe("Name of the rule, as in `lagline alerts list`; a heartbeat without its cluster."),
    cluster: text.optional().describe("Default: that of the test."),
    group: text.optional(),
    collector: text.optional(),
    severity: z.enum(["critical", "warning", "info"]).optional(),
    fires_between_seconds: span.describe("Earliest and latest second since the begin of the test."),
    ends_between_seconds: span.optional().describe("When it must be over. Left out: it may last."),
    ends: z
      .enum(["over", "silenced", "changed", "unconfirmed"])
      .optional()
      .describe("How: really over, silenced, another bad verdict, or only lost from sight."),
    channel: text.optional().describe("Channel of alerts.slack.channels, or `common`."),
    pages: z.boolean().optional().describe("Whether it goes to the contact point that mentions people."),
    message: z.array(text).default([]).describe("Texts that its first message must hold."),
    message_lacks: z.array(text).default([]).describe("Texts that its first message must not hold."),
    ending_message: z.array(text).default([]).describe("Texts that the message about its end must hold."),
  })
  .superRefine((value, context) => {
    if (
      value.ends_between_seconds === undefined &&
      (value.ends !== undefined || value.ending_message.length > 0)
    ) {
      context.addIssue({
        code: "custom",
        path: ["ends_between_seconds"],
        message: "is needed to say how it ends",
      });
    }
  });

const test = z
  .strictObject({
    name: text.describe("A sentence: what must be true."),
    scenario: text.optional().describe("A scenario of the simulator: `lagline alerts scenarios` lists them."),
    series: z.array(series).min(1).optional().describe("Documents of your own."),
    stored_minutes: z
      .number()
      .min(5)
      .max(1440)
      .optional()
      .describe("No documents of the test: the last minutes of what is stored. Read only."),
    cluster: text.optional().describe("Kafka cluster. Default: the first of lagline.yaml."),
    group: text.optional().describe("With `scenario`: the name under which its subject runs."),
    seconds: seconds.optional().describe("How long to go on. Default: to the last document."),
    starts_at: z.iso
      .datetime()
      .optional()
      .describe(
        "With `series`: time of the first tick, which mute windows see. Default: a Saturday, 02:00 UTC.",
      ),
    events: z.array(event).default([]),
    expect: z
      .array(expected)
      .describe("Every alert that fires. An alert that is not listed is a failure; `[]`: none."),
    messages: z
      .int()
      .min(0)
      .optional()
      .describe("Number of messages that tell something new; repeats do not count."),
  })
  .superRefine((value, context) => {
    const given = [value.scenario, value.series, value.stored_minutes].filter((each) => each !== undefined);
    if (given.length !== 1) {
      context.addIssue({
        code: "custom",
        message: "must have one of `scenario`, `series` and `stored_minutes`",
      });
    }
    if (value.group !== undefined && value.scenario === undefined) {
      context.addIssue({
        code: "custom",
        path: ["group"],
        message: "only renames the subject of a `scenario`",
      });
    }
    if (value.starts_at !== undefined && value.series === undefined) {
      context.addIssue({
        code: "custom",
        path: ["starts_at"],
        message: "only moves `series`; scenarios begin at 02:00 UTC",
      });
    }
    if (value.stored_minutes !== undefined && value.events.length > 0) {
      context.addIssue({ code: "custom", path: ["events"], message: "cannot be added to what is stored" });
    }
  });

const file = z.strictObject({
  tests: z
    .array(test)
    .min(1)
    .superRefine((tests, context) => {
      for (const [index, { name }] of tests.entries()) {
        if (tests.findIndex((other) => other.name === name) < index) {
          context.addIssue({ code: "custom", path: [index, "name"], input: name, message: "is used twice" });
        }
      }
    }),
});

export type AlertTest = z.output<typeof test>;
export type TestSeries = z.output<typeof series>;
export type ExpectedAlert = z.output<typeof expected>;

/** @throws LaglineError `LAGLINE_USAGE_ALERT_TEST` with every problem of the file as a sentence. */
export function readAlertTests(path: string): readonly AlertTest[] {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (cause) {
    throw invalid(path, [describeError(cause)]);
  }
  return parseAlertTests(source, path);
}

export function parseAlertTests(source: string, path: string): readonly AlertTest[] {
  const document = parseDocument(source, { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw invalid(
      path,
      document.errors.map((error) => error.message.split("\n")[0] ?? ""),
    );
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const parsed = file.safeParse(value, { reportInput: true });
  if (!parsed.success) throw invalid(path, describeIssues(parsed.error.issues, file));
  return parsed.data.tests;
}

function invalid(path: string, problems: readonly string[]): LaglineError {
  return new LaglineError({
    code: "LAGLINE_USAGE_ALERT_TEST",
    message: `${path} has ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    hint: "The language is described in docs/alerts.md.",
  });
}
