/** Writes the small, commented `lagline.yaml` of `lagline init`. Pure. */
import type { Answers } from "./answers.ts";
import type { Ports } from "./ports.ts";
import { DEFAULT_PORTS } from "./ports.ts";
import type { Proposal } from "./propose.ts";

/** JSON is YAML, so every value is quoted the same way and nothing can break out of its place. */
const quote = (value: string | number | boolean): string => JSON.stringify(value);

export type Findings = { readonly proposals: readonly Proposal[]; readonly ports?: Ports };

export function writeYaml(answers: Answers, { proposals, ports = DEFAULT_PORTS }: Findings): string {
  const { environment, cluster, elasticsearch } = answers;
  return `${[
    "# Written by `lagline init`. Every setting is described in docs/reference/configuration.md.",
    `environment: ${quote(environment)}`,
    "",
    "clusters:",
    `  ${cluster}:`,
    "    kafka:",
    "      external:",
    `        bootstrap_servers: [${answers.bootstrapServers.map(quote).join(", ")}]`,
    ...security(answers),
    '    # A Burrow is deployed beside the collector. Have one? burrow: { external: { servers: ["http://burrow:8000"] } }',
    "    burrow: { managed: {} }",
    "",
    ...(elasticsearch === undefined
      ? [
          "# Deployed on this host. Have one? external: { url: …, api_key_file: … }",
          `elasticsearch: { managed: ${portOf("elasticsearch", ports)} }`,
        ]
      : [
          `elasticsearch: { external: { url: ${quote(elasticsearch.url)}${elasticsearch.apiKeyFile === undefined ? "" : `, api_key_file: ${quote(elasticsearch.apiKeyFile)}`} } }`,
        ]),
    "",
    "# `files: {}` only renders dashboards and rules, for a Grafana of yours: see docs/grafana.md.",
    `grafana: { managed: ${portOf("grafana", ports)} }`,
    "",
    "# Put the address of a Slack incoming webhook into the file, then take the # away.",
    "# alerts: { slack: { webhook_file: secrets/slack-webhook } }",
    "",
    "policies:",
    "  # How late a group may be before somebody is told, unless a rule below says otherwise.",
    "  default: { objective_seconds: 300, lag_floor: 100, tier: standard }",
    ...rules(proposals),
  ].join("\n")}\n`;
}

/** Only where another program has the default. */
function portOf(service: keyof Ports, ports: Ports): string {
  return ports[service] === DEFAULT_PORTS[service] ? "{}" : `{ host_port: ${ports[service]} }`;
}

function security({ sasl, tls }: Answers): readonly string[] {
  return [
    ...(tls === undefined
      ? []
      : [`        tls: ${tls.caFile === undefined ? "{}" : `{ ca_file: ${quote(tls.caFile)} }`}`]),
    ...(sasl === undefined
      ? []
      : [
          `        sasl: { mechanism: ${sasl.mechanism}, username: ${quote(sasl.username)}, password_file: ${quote(sasl.passwordFile)} }`,
        ]),
  ];
}

function rules(proposals: readonly Proposal[]): readonly string[] {
  if (proposals.length === 0) {
    return [
      "  rules: []",
      '  # - { name: checkout, match: { groups: ["checkout-*"] }, tier: critical, objective_seconds: 60, team: shop }',
    ];
  }
  return [
    "  # Proposed from the names of the groups that were there; teams are guesses.",
    "  rules:",
    ...proposals.flatMap(({ name, groups, seen, settings, why }) => [
      `    # ${seen} ${seen === 1 ? "group" : "groups"}: ${why}.`,
      `    - { name: ${quote(name)}, match: { groups: [${quote(groups)}] }, ${Object.entries(settings)
        .map(([key, value]) => `${key}: ${quote(value)}`)
        .join(", ")} }`,
    ]),
  ];
}
