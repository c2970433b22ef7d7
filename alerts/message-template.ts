/**
 * The Slack message. Annotations are plain text; here they are escaped and put into lines, so that a group called
 * `<!channel>` stays a name. Slack shows a title and a text of one attachment; lines are short, for a phone, and read
 * well without bold, because Grafana switches markup off in the text when it mentions somebody.
 */
import { TEMPLATES } from "./names.ts";
import { LONGEST_NAME } from "./text.ts";

/** Further alerts of one message are counted, not listed: Slack folds long texts away. */
const LISTED = 5;
/** Go counts durations in nanoseconds. */
const ONE_SECOND_NANOSECONDS = 1_000_000_000;
const ONE_HOUR_NANOSECONDS = 3600 * ONE_SECOND_NANOSECONDS;

const DATASOURCE_ALERT = 'eq .Labels.alertname "DatasourceError" "DatasourceNoData"';

/** Alerts about the data source are in the text above already. */
const FIRING_LISTED = `and (lt $index ${LISTED}) (not (${DATASOURCE_ALERT}))`;

/** Words of each rule for the title: what is wrong, and what is true again when it is over. */
const WORDS: readonly { readonly alert: string; readonly firing: string; readonly over: string }[] = [
  {
    alert: "KafkaConsumerOffsetsRewound",
    firing: "offsets went back",
    over: "is where it was before its offsets went back",
  },
  {
    alert: "LagPipelineDataSuspect",
    firing: "lag monitoring doubted itself, sees again",
    over: "lag monitoring sees",
  },
  { alert: "KafkaConsumerPartitionStalled", firing: "stuck", over: "moves again" },
  { alert: "KafkaConsumerObjectiveMissed", firing: "late", over: "is within its objective again" },
  { alert: "KafkaConsumerLagGrowing", firing: "falling behind", over: "no longer falls behind" },
  {
    alert: "LagPipelineDocumentsDropped",
    firing: "monitoring data is lost",
    over: "no monitoring data is lost any more",
  },
  {
    alert: "LagPipelineDocumentsDeadLettered",
    firing: "monitoring data is refused",
    over: "no monitoring data is refused any more",
  },
  { alert: "LagPipelineSpoolFilling", firing: "spool fills up", over: "spool has room again" },
  { alert: "LagPipelineDeliveryLate", firing: "monitoring is late", over: "monitoring is in time again" },
];

const define = (name: string, body: string) => `{{ define "${name}" }}${body}{{ end }}`;

const ESCAPE = define(
  "lagline.escape",
  '{{ reReplaceAll ">" "&gt;" (reReplaceAll "<" "&lt;" (reReplaceAll "&" "&amp;" .)) }}',
);

/** Long names are cut, so that what is wrong with the group still stands in the title. */
const NAME = define(
  "lagline.name",
  `{{ template "lagline.escape" (reReplaceAll "(?s)^(.{${LONGEST_NAME}}).+$" "$1…" (reReplaceAll "[\\n\\r]" " " .)) }}`,
);

const WHO = define(
  "lagline.who",
  '{{ if .Labels.group }}{{ template "lagline.name" .Labels.group }} ({{ template "lagline.name" .Labels.cluster }})' +
    '{{ else if .Labels.cluster }}{{ template "lagline.name" .Labels.cluster }}{{ else }}Grafana{{ end }}',
);

const FIRING_WORDS = define(
  "lagline.firing.words",
  `{{ if ${DATASOURCE_ALERT} }}cannot evaluate lag rules{{ else if eq .Labels.component "pipeline" }}lag monitoring is blind` +
    WORDS.map(({ alert, firing }) => `{{ else if eq .Labels.alertname "${alert}" }}${firing}`).join("") +
    // While it only keeps firing, the verdict is a good one again already; the alert is not over yet.
    '{{ else if .Annotations.became }}{{ template "lagline.escape" .Annotations.became }}{{ else }}stopped{{ end }}',
);

const OVER_WORDS = define(
  "lagline.over.words",
  `{{ if .Annotations.grafana_state_reason }}no values any more{{ else if ${DATASOURCE_ALERT} }}evaluates lag rules again` +
    '{{ else if eq .Labels.component "pipeline" }}lag monitoring sees again' +
    WORDS.map(({ alert, over }) => `{{ else if eq .Labels.alertname "${alert}" }}${over}`).join("") +
    '{{ else if eq .Annotations.verdict "idle" }}has nothing left to consume{{ else }}consumes again{{ end }}',
);

/**
 * How an alert ended. Only OVER is good news: a condition also ends when Grafana lost sight of the group, when somebody
 * silenced it, and when its verdict became another bad one, which has an alert of its own.
 */
const ENDING = define(
  "lagline.ending",
  "{{ if .Annotations.grafana_state_reason }}UNCONFIRMED{{ else if .Annotations.silenced }}SILENCED{{ else if .Annotations.became }}CHANGED{{ else }}OVER{{ end }}",
);

const ENDING_WORDS = define(
  "lagline.ending.words",
  '{{ if .Annotations.grafana_state_reason }}{{ template "lagline.over.words" . }}' +
    '{{ else if .Annotations.silenced }}silenced for {{ template "lagline.escape" .Annotations.silenced }}, last {{ template "lagline.escape" .Annotations.verdict }}' +
    '{{ else if .Annotations.became }}now {{ template "lagline.escape" .Annotations.became }}' +
    '{{ else }}{{ template "lagline.over.words" . }}{{ end }}',
);

const TITLE = define(
  TEMPLATES.title,
  '{{ if .Alerts.Firing }}{{ with index .Alerts.Firing 0 }}{{ template "lagline.who" . }}: {{ template "lagline.firing.words" . }}{{ end }}' +
    "{{ if gt (len .Alerts.Firing) 1 }} (+{{ len (slice .Alerts.Firing 1) }} more){{ end }}" +
    '{{ if .CommonLabels.severity }}{{ if ne .CommonLabels.severity "info" }} [{{ .CommonLabels.severity }}]{{ end }}{{ end }}' +
    '{{ else }}{{ with index .Alerts.Resolved 0 }}{{ template "lagline.ending" . }}: {{ template "lagline.who" . }}: {{ template "lagline.ending.words" . }}{{ end }}' +
    "{{ if gt (len .Alerts.Resolved) 1 }} (+{{ len (slice .Alerts.Resolved 1) }} more){{ end }}{{ end }}",
);

/** Read by Grafana 10 and newer. The title says the same in words. */
const COLOUR = define(
  TEMPLATES.color,
  '{{ if .Alerts.Firing }}{{ if eq .CommonLabels.severity "warning" }}#E07B00{{ else if eq .CommonLabels.severity "info" }}#808080{{ else }}#D63232{{ end }}' +
    "{{ else }}{{ with (index .Alerts.Resolved 0).Annotations }}{{ if .grafana_state_reason }}#808080{{ else if .silenced }}#808080{{ else if .became }}#E07B00{{ else }}#36A64F{{ end }}{{ else }}#36A64F{{ end }}{{ end }}",
);

const LINKS = define(
  "lagline.links",
  `{{ if ${DATASOURCE_ALERT} }}{{ else if .Annotations.dashboard_url }}<{{ .Annotations.dashboard_url }}&from={{ (.StartsAt.Add -${ONE_HOUR_NANOSECONDS}).UnixMilli }}&to=now|Dashboard> · {{ end }}` +
    `{{ if ${DATASOURCE_ALERT} }}{{ else if .Annotations.runbook_url }}<{{ .Annotations.runbook_url }}|Runbook>{{ end }}` +
    "{{ if .Annotations.team_runbook_url }} · <{{ .Annotations.team_runbook_url }}|Team's runbook>{{ end }}" +
    '{{ if and (eq .Status "firing") .SilenceURL }} · <{{ .SilenceURL }}|Silence>{{ end }}',
);

/** Numbers as they are now: in a resolved message they show that it is really over. */
const NUMBERS = define(
  "lagline.numbers",
  `{{ if .Annotations.late }}Late: {{ template "lagline.escape" .Annotations.late }}
Behind: {{ template "lagline.escape" .Annotations.behind }}
{{ end }}{{ if .Annotations.rates }}Rates: {{ template "lagline.escape" .Annotations.rates }}
{{ end }}`,
);

const FIRING = define(
  "lagline.firing",
  `{{ template "lagline.escape" .Annotations.summary }}
{{ if .Annotations.doubt }}{{ template "lagline.escape" .Annotations.doubt }}
{{ end }}{{ template "lagline.numbers" . }}{{ if .Annotations.lasting }}For: {{ template "lagline.escape" .Annotations.lasting }}, alert since {{ .StartsAt.UTC.Format "15:04" }} UTC
{{ else }}Since: {{ .StartsAt.UTC.Format "15:04" }} UTC
{{ end }}{{ if .Annotations.team }}Team: {{ template "lagline.escape" .Annotations.team }}{{ if .Annotations.team_runbook }}, runbook {{ template "lagline.escape" .Annotations.team_runbook }}{{ end }}
{{ end }}{{ if .Annotations.description }}{{ template "lagline.escape" .Annotations.description }}
{{ end }}{{ template "lagline.links" . }}`,
);

/** One text for all rules: routing puts these alerts into a message of their own. */
const BLIND = define(
  "lagline.blind",
  `{{ range $index, $alert := .Alerts.Firing }}{{ if $index }}, {{ end }}{{ template "lagline.escape" $alert.Labels.rulename }}{{ end }} cannot be evaluated, because Elasticsearch does not answer Grafana or refuses the query.
Until then nobody watches lag; an alert that is now called resolved is not confirmed.
{{ with index .Alerts.Firing 0 }}Since: {{ .StartsAt.UTC.Format "15:04" }} UTC{{ end }}
`,
);

const OVER = define(
  "lagline.over",
  `{{ template "lagline.who" . }}: {{ template "lagline.ending.words" . }}, after {{ (.EndsAt.Sub .StartsAt).Round ${ONE_SECOND_NANOSECONDS} }} ({{ .StartsAt.UTC.Format "15:04" }} to {{ .EndsAt.UTC.Format "15:04" }} UTC).
{{ if .Annotations.grafana_state_reason }}Not a recovery: Grafana gave the alert up ({{ template "lagline.escape" .Annotations.grafana_state_reason }}), because the group is gone or the monitoring is blind. Look before you sleep.
{{ else if .Annotations.silenced }}Not a recovery: somebody muted the group or announced a deployment. It fires again when that ends and nothing has changed.
{{ template "lagline.numbers" . }}{{ else if .Annotations.became }}Not a recovery: another alert tells of it, or will.
{{ template "lagline.numbers" . }}{{ else }}{{ template "lagline.numbers" . }}{{ end }}{{ template "lagline.links" . }}`,
);

const TEXT = define(
  TEMPLATES.text,
  `{{ if .Alerts.Firing }}{{ with index .Alerts.Firing 0 }}{{ if ${DATASOURCE_ALERT} }}{{ template "lagline.blind" $ }}{{ end }}{{ end }}{{ end }}` +
    `${list("Firing", "lagline.firing")}${list("Resolved", "lagline.over")}`,
);

export const MESSAGE_TEMPLATE = `${[ESCAPE, NAME, WHO, FIRING_WORDS, OVER_WORDS, ENDING, ENDING_WORDS, TITLE, COLOUR, LINKS, NUMBERS, FIRING, BLIND, OVER, TEXT].join("\n\n")}\n`;

function list(kind: "Firing" | "Resolved", template: string): string {
  return (
    `{{ range $index, $alert := .Alerts.${kind} }}{{ if ${kind === "Firing" ? FIRING_LISTED : `lt $index ${LISTED}`} }}{{ template "${template}" $alert }}\n\n{{ end }}{{ end }}` +
    `{{ if gt (len .Alerts.${kind}) ${LISTED} }}… and {{ len (slice .Alerts.${kind} ${LISTED}) }} more.\n{{ end }}`
  );
}
