/**
 * The Slack message. Annotations are plain text; here they are escaped and get their markup, so that a group called
 * `<!channel>` stays a name. Slack shows a title and a text of one attachment; lines are short, for a phone.
 */
import { TEMPLATES } from "./names.ts";

/** Further alerts of one message are counted, not listed: Slack folds long texts away. */
const LISTED = 5;
const ONE_HOUR_NANOSECONDS = 3_600_000_000_000;

export const MESSAGE_TEMPLATE = `{{ define "lagline.escape" }}{{ reReplaceAll ">" "&gt;" (reReplaceAll "<" "&lt;" (reReplaceAll "&" "&amp;" .)) }}{{ end }}

{{ define "lagline.who" }}{{ if .Labels.group }}{{ template "lagline.escape" .Labels.group }}{{ if .Labels.cluster }} ({{ template "lagline.escape" .Labels.cluster }}){{ end }}{{ else if .Labels.cluster }}{{ template "lagline.escape" .Labels.cluster }}{{ else }}{{ template "lagline.escape" .Labels.alertname }}{{ end }}{{ end }}

{{ define "lagline.what" }}{{ if eq .Labels.alertname "DatasourceError" "DatasourceNoData" }}rule cannot be evaluated{{ else if eq .Labels.component "pipeline" }}monitoring is blind{{ else if eq .Labels.alertname "KafkaConsumerPartitionStalled" }}stalled{{ else if eq .Labels.alertname "KafkaConsumerObjectiveMissed" }}late{{ else if eq .Labels.alertname "KafkaConsumerLagGrowing" }}falling behind{{ else if .Annotations.verdict }}{{ template "lagline.escape" .Annotations.verdict }}{{ else }}{{ template "lagline.escape" .Labels.alertname }}{{ end }}{{ end }}

{{ define "${TEMPLATES.title}" }}{{ if .Alerts.Firing }}{{ $first := index .Alerts.Firing 0 }}{{ template "lagline.who" $first }}: {{ template "lagline.what" $first }}{{ if gt (len .Alerts.Firing) 1 }} and {{ len (slice .Alerts.Firing 1) }} more{{ end }}{{ if $first.Labels.severity }} [{{ $first.Labels.severity }}]{{ end }}{{ else }}{{ $first := index .Alerts.Resolved 0 }}Over: {{ template "lagline.who" $first }}: {{ template "lagline.what" $first }}{{ if gt (len .Alerts.Resolved) 1 }} and {{ len (slice .Alerts.Resolved 1) }} more{{ end }}{{ end }}{{ end }}

{{ define "lagline.links" }}{{ if .Annotations.dashboard_url }}<{{ .Annotations.dashboard_url }}&from={{ (.StartsAt.Add -${ONE_HOUR_NANOSECONDS}).UnixMilli }}&to=now|Dashboard>{{ else if .PanelURL }}<{{ .PanelURL }}|Panel>{{ end }}{{ if .Annotations.runbook_url }} · <{{ .Annotations.runbook_url }}|Runbook>{{ end }}{{ if and (eq .Status "firing") .SilenceURL }} · <{{ .SilenceURL }}|Silence>{{ end }}{{ end }}

{{ define "lagline.firing" }}{{ if .Annotations.summary }}{{ template "lagline.escape" .Annotations.summary }}{{ else }}{{ template "lagline.who" . }}{{ end }}
{{ if .Annotations.late }}*Late:* {{ template "lagline.escape" .Annotations.late }}
*Behind:* {{ template "lagline.escape" .Annotations.behind }}
{{ end }}{{ if .Annotations.produced }}*In:* {{ .Annotations.produced }}{{ if .Annotations.consumed }} · *Out:* {{ .Annotations.consumed }}{{ end }}{{ if .Annotations.gone_in }} · *Gone in:* {{ .Annotations.gone_in }}{{ end }}{{ if .Annotations.missed_in }} · *Missed in:* {{ .Annotations.missed_in }}{{ end }}
{{ end }}{{ if .Annotations.lasting }}*For:* {{ .Annotations.lasting }} · alert since {{ .StartsAt.UTC.Format "15:04" }} UTC
{{ else }}*Since:* {{ .StartsAt.UTC.Format "15:04" }} UTC
{{ end }}{{ if .Annotations.description }}{{ template "lagline.escape" .Annotations.description }}
{{ end }}{{ template "lagline.links" . }}{{ end }}

{{ define "lagline.resolved" }}{{ template "lagline.who" . }}: {{ template "lagline.what" . }} is over after {{ humanizeDuration (.EndsAt.Sub .StartsAt).Seconds }} ({{ .StartsAt.UTC.Format "15:04" }} to {{ .EndsAt.UTC.Format "15:04" }} UTC).
{{ if .Annotations.grafana_state_reason }}*Not a confirmed recovery:* Grafana gave up the alert ({{ template "lagline.escape" .Annotations.grafana_state_reason }}): the group is gone, or the monitoring cannot see it.
{{ end }}{{ template "lagline.links" . }}{{ end }}

{{ define "${TEMPLATES.text}" }}{{ range $index, $alert := .Alerts.Firing }}{{ if lt $index ${LISTED} }}{{ template "lagline.firing" $alert }}

{{ end }}{{ end }}{{ if gt (len .Alerts.Firing) ${LISTED} }}… {{ len (slice .Alerts.Firing ${LISTED}) }} more firing.
{{ end }}{{ range $index, $alert := .Alerts.Resolved }}{{ if lt $index ${LISTED} }}{{ template "lagline.resolved" $alert }}

{{ end }}{{ end }}{{ if gt (len .Alerts.Resolved) ${LISTED} }}… {{ len (slice .Alerts.Resolved ${LISTED}) }} more over.{{ end }}{{ end }}
`;
