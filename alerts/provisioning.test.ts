import { expect, test } from "vitest";
import { buildAlerting } from "./build-alerting.ts";
import { MESSAGE_TEMPLATE } from "./message-template.ts";
import { findProblems } from "./provisioning.ts";
import type { KnownTargets } from "./provisioning.ts";
import type { AlertingConfig, AlertingFile } from "./types.ts";
import { buildDashboards } from "../dashboards/index.ts";
import { RUNBOOK_NAMES } from "../dashboards/runbooks-dashboard.ts";
import { ALERTING } from "../tests/support/alerting.ts";
import { loadRunbooks } from "./runbooks.ts";

const CONFIG: AlertingConfig = {
  ...ALERTING,
  clusters: ["orders", "payments"],
  slack: { webhookFile: "/run/secrets/slack", mentionOnCritical: "here", channels: [] },
};
const KNOWN: KnownTargets = {
  datasourceUids: ["lagline"],
  panels: new Map([
    ["lagline-fleet", [20, 21]],
    ["lagline-pipeline", [1, 22, 24]],
  ]),
};

function rulesFile(): AlertingFile | undefined {
  return buildAlerting(CONFIG, KNOWN).find(({ fileName }) => fileName === "lagline-rules.yaml");
}

/** The files as JSON, changed by a text replacement that must hit. */
function problemsAfter(from: string | RegExp, to: string): string {
  const text = JSON.stringify(buildAlerting(CONFIG, KNOWN));
  const changed = text.replace(from, () => to);
  expect(changed).not.toBe(text);
  const files: AlertingFile[] = JSON.parse(changed);
  return findProblems(files, KNOWN).join("\n");
}

// Each of these stops Grafana, or is taken in silence and stops an alert (measured on a real one).
const BROKEN: readonly { name: string; from: string | RegExp; to: string; says: RegExp }[] = [
  {
    name: "two rules with one uid",
    from: "lagline-consumer-lag-growing",
    to: "lagline-consumer-group-stopped",
    says: /uid lagline-consumer-group-stopped is used twice/,
  },
  {
    name: "a uid of 41 characters",
    from: "lagline-consumer-lag-growing",
    to: "x".repeat(41),
    says: /uid: must be 1 to 40/,
  },
  {
    name: "two rules with one title",
    from: '"title":"KafkaConsumerLagGrowing"',
    to: '"title":"KafkaConsumerGroupStopped"',
    says: /title "KafkaConsumerGroupStopped" is used twice/,
  },
  {
    name: "an interval that is no multiple of ten seconds",
    from: '"interval":"60s"',
    to: '"interval":"15s"',
    says: /multiple of 10 s/,
  },
  {
    name: "a duration in words",
    from: '"for":"120s"',
    to: '"for":"2 minutes"',
    says: /must be a duration such as/,
  },
  { name: "an unknown state", from: '"noDataState":"OK"', to: '"noDataState":"Okay"', says: /noDataState/ },
  {
    name: "a condition that names no query",
    from: '"condition":"C"',
    to: '"condition":"Y"',
    says: /condition Y names no query/,
  },
  {
    name: "an unknown data source",
    from: '"datasourceUid":"lagline"',
    to: '"datasourceUid":"other"',
    says: /data source other is unknown/,
  },
  {
    name: "an expression over a value that is not there",
    from: '"expression":"qV"',
    to: '"expression":"qY"',
    says: /expression uses qY/,
  },
  {
    name: "an annotation with a value that is not there",
    from: "$values.T",
    to: "$values.Y",
    says: /annotation uses \$values.Y/,
  },
  {
    name: "an annotation that the environment would change",
    from: "{{ with $labels.cluster }}",
    to: "${HOME}",
    says: /expanded by environment/,
  },
  {
    name: "a panel that does not exist",
    from: '"panelId":21',
    to: '"panelId":99',
    says: /panel 99 of dashboard lagline-fleet does not exist/,
  },
  {
    name: "a rule without a runbook",
    from: '"runbook_url":',
    to: '"runbook":',
    says: /annotation runbook_url is missing/,
  },
  {
    name: "a rule without a severity",
    from: '"severity":"critical"',
    to: '"level":"critical"',
    says: /label severity is missing/,
  },
  { name: "an empty webhook", from: "$__file{/run/secrets/slack}", to: "", says: /must be a secret file/ },
  {
    name: "a webhook in clear text",
    from: "$__file{/run/secrets/slack}",
    to: "https://hooks.example.org/x",
    says: /must be a secret file/,
  },
  {
    name: "a route to nobody",
    from: '"receiver":"lagline-slack"',
    to: '"receiver":"nobody"',
    says: /Receiver nobody does not exist/,
  },
  {
    name: "a message template that does not exist",
    from: 'template \\"lagline.title\\"',
    to: 'template \\"lagline.titles\\"',
    says: /template lagline.titles does not exist/,
  },
  {
    name: "two receivers with one uid",
    from: '"uid":"lagline-slack-page"',
    to: '"uid":"lagline-slack"',
    says: /Receiver uid lagline-slack is used twice/,
  },
  {
    name: "a rule that is present and deleted",
    from: "lagline-pipeline-data-stale-1",
    to: "lagline-consumer-lag-growing",
    says: /KafkaConsumerLagGrowing is deleted as well/,
  },
  {
    name: "a deletion without an organisation",
    from: '{"orgId":1,"uid":"lagline-pipeline-data-stale-1"}',
    to: '{"uid":"lagline-pipeline-data-stale-1"}',
    says: /deleteRules.0.orgId/,
  },
  {
    name: "a deletion with a key that Grafana does not know",
    from: '{"orgId":1,"uid":"lagline-pipeline-data-stale-1"}',
    to: '{"orgId":1,"uid":"lagline-pipeline-data-stale-1","title":"x"}',
    says: /deleteRules.0: Unrecognized key/,
  },
  { name: "a key that Grafana would ignore", from: '"isPaused":', to: '"paused":', says: /paused/ },
];

test.each(BROKEN)("the check finds $name", ({ from, to, says }) => {
  expect(problemsAfter(from, to)).toMatch(says);
});

test("all problems are named at once, with what to do", () => {
  const bad = { ...CONFIG, maximumGroups: 100_000, clusters: ["orders", "orders"] };
  expect(() => buildAlerting(bad, KNOWN)).toThrow(
    /title "LagPipelineDataStale orders" is used twice.*KafkaConsumerGroupStopped: query qV may ask/s,
  );
});

test("eleven rules serve any number of groups and collectors; only the heartbeat is repeated per cluster", () => {
  const text = JSON.stringify(rulesFile());
  const titles = [...text.matchAll(/"title":"(\w[^"]*)"/g)].map((match) => match[1]);
  expect(titles).toEqual([
    "KafkaConsumerGroupStopped",
    "KafkaConsumerPartitionStalled",
    "KafkaConsumerObjectiveMissed",
    "KafkaConsumerLagGrowing",
    "KafkaConsumerOffsetsRewound",
    "LagPipelineDataStale orders",
    "LagPipelineDataStale payments",
    "LagPipelineDocumentsDropped",
    "LagPipelineDocumentsDeadLettered",
    "LagPipelineSpoolFilling",
    "LagPipelineDeliveryLate",
    "LagPipelineDataSuspect",
  ]);
});

test("no rule query has an alias, which would add a label to every alert", () => {
  const text = JSON.stringify(rulesFile());
  expect(text.match(/"alias":"[^"]+"/)).toBeNull();
});

test("no function in an annotation is called with a label or value that may be absent", () => {
  // Such a call fails in alerts about missing data, and Slack gets the template's source text (measured).
  const text = JSON.stringify(rulesFile());
  expect(text.match(/\{\{ (?!with\b)[^{}]*\$(?:labels|values)\.[^{}]*\}\}/g)).toBeNull();
});

test("every runbook exists, has the headings of the template and is a page of Grafana", async () => {
  const runbooks = await loadRunbooks();
  for (const name of RUNBOOK_NAMES) {
    const headings = [...(runbooks.get(name) ?? "").matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(headings).toEqual([
      "What fired",
      "Why it matters",
      "Read first",
      "Triage",
      "Mitigate",
      "Verify",
      "Tuning",
      "False positives",
    ]);
  }
  const page = buildDashboards({
    environment: "t",
    datasourceUid: "x",
    intervalSeconds: 30,
    staleAfterSeconds: 150,
    runbooks,
  }).at(-1);
  // Two tiles about the age of the data stand above the runbooks.
  expect(page?.json["panels"]).toHaveLength(RUNBOOK_NAMES.length + 2);
});

test("every block of the message template is closed", () => {
  const opened = MESSAGE_TEMPLATE.match(/\{\{ (?:define|if|with|range)\b/g)?.length;
  const closed = MESSAGE_TEMPLATE.match(/\{\{ end \}\}/g)?.length;
  expect(closed).toBe(opened);
});

test("labels of groups and clusters reach Slack only through the escape", () => {
  const bare = MESSAGE_TEMPLATE.matchAll(/\{\{ \.(?:Labels|Annotations)\.(\w+)/g);
  // Links are built from encoded parts; everything else goes through `lagline.escape`.
  expect([...bare].map((match) => match[1])).toEqual(["dashboard_url", "runbook_url", "team_runbook_url"]);
});
