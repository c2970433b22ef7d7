import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runAlertTests } from "./run-tests.ts";
import { loadConfig } from "../../config/load.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "alerts", "examples");
const { config } = loadConfig(join(EXAMPLES, "lagline.yaml"));
let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "lagline-alert-tests-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

async function run(body: string): Promise<{ readonly passed: boolean; readonly text: string }> {
  const file = join(directory, "t.yaml");
  writeFileSync(file, `tests:\n${body}\n`);
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const passed = await runAlertTests(config, {
    files: [file],
    http: null,
    json: false,
    verbose: false,
    print,
  });
  return { passed, text: lines.join("\n") };
}

const STOPPED = "{ group: payments-a, fields: { verdict: ok*10 stopped*30, total_lag: 0*10 500*30 } }";
const expected = (more: string) =>
  run(
    `  - { name: t, series: [${STOPPED}], expect: [{ alert: KafkaConsumerGroupStopped, group: payments-a, fires_between_seconds: [400, 600]${more} }] }`,
  );

describe("a test fails with a sentence when", () => {
  test("an alert fires that it does not list", async () => {
    const { passed, text } = await run(`  - { name: t, series: [${STOPPED}], expect: [] }`);
    expect(passed).toBe(false);
    expect(text).toContain(
      "FAILED  t\n        KafkaConsumerGroupStopped of payments-a on orders fires at 425 s and is not expected.",
    );
    expect(text).toContain("0 passed, 1 failed, in memory.");
  });

  test("an alert that it lists does not fire, or for somebody else", async () => {
    const other = await expected("").then(() =>
      run(
        `  - { name: t, series: [${STOPPED}], expect: [{ alert: KafkaConsumerGroupStopped, group: payments-b, fires_between_seconds: [0, 600] }] }`,
      ),
    );
    expect(other.text).toContain("KafkaConsumerGroupStopped of payments-b on orders does not fire.");
    expect(other.text).toContain(
      "KafkaConsumerGroupStopped of payments-a on orders fires at 425 s and is not expected.",
    );
  });

  test.each([
    [", severity: warning", "is critical, not warning"],
    [", ends_between_seconds: [600, 900]", "is not over, which it should be between 600 and 900 s"],
    [", channel: common", "goes to lagline-slack-page-#payments, not to the channel common"],
    [", pages: false", "which pages"],
    [', message: ["no such words"]', 'lacks "no such words"'],
    [", message_lacks: [stopped]", 'holds "stopped"'],
    [", collector: x", "does not fire"],
  ])("it expects %s", async (more, says) => {
    const { passed, text } = await expected(more);
    expect(passed).toBe(false);
    expect(text).toContain(says);
  });

  test("it comes too early or too late", async () => {
    const { text } = await run(
      `  - { name: t, series: [${STOPPED}], expect: [{ alert: KafkaConsumerGroupStopped, fires_between_seconds: [900, 1000] }] }`,
    );
    expect(text).toContain("fires at 425 s, not between 900 and 1000 s");
  });

  test("there are more messages than expected", async () => {
    const { text } = await run(
      `  - { name: t, series: [${STOPPED}], messages: 0, expect: [{ alert: KafkaConsumerGroupStopped, fires_between_seconds: [400, 600] }] }`,
    );
    expect(text).toContain('1 messages instead of 0: "payments-a (orders): stopped [critical]".');
  });
});

test.each([
  ["scenario: no such", /there is no scenario "no such"/],
  ["series: [{ group: a, fields: { verdict: fine*5 } }]", /"fine" is no verdict/],
  ["cluster: other, scenario: quiet day", /there is no cluster other/],
  ["stored_minutes: 10", /reads what is stored, which --memory cannot/],
])("%s is wrong usage", async (body, says) => {
  await expect(run(`  - { name: t, ${body}, expect: [] }`)).rejects.toThrow(says);
});

test("the same expectation without the fault passes", async () => {
  const { passed } = await expected(
    ', severity: critical, channel: "#payments", pages: true, message: [stopped]',
  );
  expect(passed).toBe(true);
});

test("every committed example passes", { timeout: 120_000 }, async () => {
  const files = readdirSync(EXAMPLES)
    .filter((name) => name !== "lagline.yaml")
    .map((name) => join(EXAMPLES, name));
  expect(files.length).toBeGreaterThan(3);
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const passed = await runAlertTests(config, { files, http: null, json: false, verbose: false, print });
  expect(lines.filter((line) => !line.startsWith("ok"))).toEqual([
    expect.stringMatching(/ passed, 0 failed, in memory\.$/),
  ]);
  expect(passed).toBe(true);
});
