/** Labels, values and notifications for tests of texts: one of each kind, and hostile names in every place. */
import type { GoJob } from "./go-templates.ts";
import { ALERTING, DEFAULT_POLICY } from "./alerting.ts";
import {
  ANNOTATION_FUNCTIONS,
  GoTime,
  MESSAGE_FUNCTIONS,
} from "../../alerts/evaluation/go-template-functions.ts";
import { parseTemplate } from "../../alerts/evaluation/go-template-parse.ts";
import { renderTemplate } from "../../alerts/evaluation/go-template-run.ts";
import type { Alert } from "../../alerts/evaluation/play-alerts.ts";
import type { Notification } from "../../alerts/evaluation/play-notifications.ts";
import { toData } from "../../alerts/evaluation/render-message.ts";
import { viewRule } from "../../alerts/evaluation/rule-view.ts";
import { MESSAGE_TEMPLATE } from "../../alerts/message-template.ts";
import { TEMPLATES } from "../../alerts/names.ts";
import { buildRules } from "../../alerts/rules.ts";
import type { AlertingConfig } from "../../alerts/types.ts";

const HOSTILE = [
  "plain",
  "<!channel> <@U1> <https://evil.example|click>",
  "a`b*c_d~e & f < g > h",
  "{{ .Labels }} $labels ${HOME} $$x %s %!d",
  'quo"te\\back/slash|pipe',
  "new\nline\r\ttab",
  "grüße-日本-🚀".repeat(3),
  "x".repeat(300),
  "日".repeat(300),
] as const;
const policies = HOSTILE.map((name, index) => ({
  ...DEFAULT_POLICY,
  name,
  team: `team ${name}`,
  tier: name,
  runbook: index % 2 === 0 ? `https://wiki.example.org/${index}?a=b&c=d` : name,
}));
const CONFIG: AlertingConfig = { ...ALERTING, policies };
const RULES = buildRules(CONFIG).map(viewRule);
const REFS = "VRTOLPQEXASWGZBDKUNCMIFHJ".split("");
const VALUE_SETS: readonly Readonly<Record<string, number>>[] = [
  {},
  Object.fromEntries(REFS.map((ref) => [ref, -1])),
  Object.fromEntries(REFS.map((ref) => [ref, 0])),
  ...[1, 2, 5, 6, 7, 8, 9, 10, 11, 12].map((verdict) => ({
    ...Object.fromEntries(REFS.map((ref, index) => [ref, index * 37.37 + 0.5])),
    V: verdict,
    Z: verdict % 2,
    K: verdict === 10 ? 1500 : -1,
    D: (verdict - 6) / 10,
    S: verdict === 9 ? 1 : 3,
  })),
  Object.fromEntries(REFS.map((ref) => [ref, 123_456_789.25])),
  Object.fromEntries(REFS.map((ref) => [ref, 59.6])),
];

export type Case = { readonly job: GoJob; readonly own: () => string };

function annotationCase(
  text: string,
  labels: Record<string, string>,
  values: Readonly<Record<string, number>>,
): Case {
  const variables = {
    labels,
    values: Object.fromEntries(
      Object.entries(values).map(([ref, value]) => [ref, { Value: value, Labels: labels }]),
    ),
  };
  return {
    job: { Kind: "annotation", Text: text, Labels: labels, Values: values },
    own: () => renderTemplate(parseTemplate(text), variables, { functions: ANNOTATION_FUNCTIONS, variables }),
  };
}

export const annotationCases: readonly Case[] = RULES.flatMap((rule) => {
  const texts = [
    ...Object.values(rule.annotations),
    ...Object.values(rule.labels).map((text) => text.replaceAll("$$", "$")),
  ];
  const labelSets = [
    {},
    ...HOSTILE.map((name) => ({ cluster: name, group: name, collector: name, policy: name })),
  ];
  return texts.flatMap((text) => [
    ...labelSets.map((labels) => annotationCase(text, labels, VALUE_SETS[5] ?? {})),
    ...VALUE_SETS.map((values) =>
      annotationCase(text, { cluster: "orders", group: "billing", policy: "plain" }, values),
    ),
  ]);
});

const T0 = Date.UTC(2026, 10, 21, 2, 19, 7);
/** As a rule would make it, with one name in every place. */
export function alert(
  name: string,
  change: { labels?: object; annotations?: object; resolved?: boolean } = {},
): Alert {
  const rule = RULES[0];
  const labels = { cluster: name, group: name, policy: name };
  const variables = {
    labels,
    values: Object.fromEntries(
      Object.entries(VALUE_SETS[10] ?? {}).map(([ref, value]) => [ref, { Value: value }]),
    ),
  };
  const annotations = Object.fromEntries(
    Object.entries(rule?.annotations ?? {}).map(([key, text]) => [
      key,
      renderTemplate(parseTemplate(text), variables, { functions: ANNOTATION_FUNCTIONS, variables }),
    ]),
  );
  return {
    rule: "KafkaConsumerGroupStopped",
    state: change.resolved === true ? "resolved" : "firing",
    isMissing: false,
    labels: {
      ...labels,
      alertname: "KafkaConsumerGroupStopped",
      component: "consumer",
      severity: "critical",
      ...change.labels,
    },
    annotations: { ...annotations, silenced: "", became: "stopped", ...change.annotations },
    values: {},
    startsAtMs: T0,
    endsAtMs: change.resolved === true ? T0 + 3_723_000 : 0,
  };
}

export const notification = (firing: readonly Alert[], resolved: readonly Alert[] = []): Notification => ({
  atMs: T0,
  receiver: "r",
  groupLabels: {},
  firing,
  resolved,
  isNew: true,
  isRepeat: false,
});
const RESOLVED = { resolved: true, annotations: { became: "", verdict: "ok" } };
export const NOTIFICATIONS: readonly Notification[] = [
  ...HOSTILE.flatMap((name) => [
    notification([alert(name)]),
    notification([], [alert(name, RESOLVED)]),
    notification([alert(name)], [alert(name, RESOLVED)]),
    notification([], [alert(name, { resolved: true, annotations: { silenced: "25m 0s" } })]),
    notification([], [alert(name, { resolved: true })]),
    notification(
      [],
      [alert(name, { resolved: true, annotations: { grafana_state_reason: "MissingSeries" } })],
    ),
  ]),
  notification(HOSTILE.map((name) => alert(name))),
  notification([alert("x", { annotations: { doubt: "The monitoring doubts its data.", verdict: "idle" } })]),
  notification(
    ["a", "b"].map((rulename) =>
      alert("x", { labels: { alertname: "DatasourceError", rulename, cluster: "", group: "" } }),
    ),
  ),
  notification([
    alert("x", {
      labels: { alertname: "LagPipelineDataSuspect", severity: "info", component: "note", group: "" },
    }),
  ]),
  ...[
    "KafkaConsumerPartitionStalled",
    "KafkaConsumerObjectiveMissed",
    "KafkaConsumerOffsetsRewound",
    "LagPipelineSpoolFilling",
  ].map((alertname) =>
    notification(
      [alert("x", { labels: { alertname, severity: "warning" } })],
      [alert("x", { ...RESOLVED, labels: { alertname } })],
    ),
  ),
];

/** The same data with times as Go reads them from JSON. */
function forGo(data: unknown): unknown {
  return JSON.parse(
    JSON.stringify(data, (_, value: unknown) =>
      value instanceof GoTime ? new Date(value.UnixMilli()).toISOString() : value,
    ),
  );
}

export const messageCases: readonly Case[] = NOTIFICATIONS.flatMap((one) =>
  [TEMPLATES.title, TEMPLATES.text, TEMPLATES.color].map((name) => {
    const call = `{{ template "${name}" . }}`;
    const data = toData(one, "https://grafana.example.org");
    return {
      job: { Kind: "message" as const, Text: `${MESSAGE_TEMPLATE}${call}`, Data: forGo(data) },
      own: () => {
        const library = parseTemplate(MESSAGE_TEMPLATE);
        return `${renderTemplate(library, data, { functions: MESSAGE_FUNCTIONS })}${renderTemplate(parseTemplate(call), data, { functions: MESSAGE_FUNCTIONS, library })}`;
      },
    };
  }),
);
