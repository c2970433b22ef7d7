/** Everything `lagline render` writes: path → text. */
import { loadRunbooks } from "../alerts/index.ts";
import { documentsIndex } from "../config/documents-index.ts";
import { replicasOf } from "../collectors/elasticsearch/connection.ts";
import { buildTemplates } from "../collectors/elasticsearch/templates.ts";
import type { Config } from "../config/schema.ts";
import { roleDescriptors } from "../stacks/files/elasticsearch-files.ts";
import { deploymentFiles } from "../stacks/files/files.ts";

/** Files of the deployment and of Grafana, and the index templates that `lagline setup` would put. */
export async function renderAll(config: Config): Promise<Map<string, string>> {
  const files = [...deploymentFiles(config, await loadRunbooks()), ...elasticsearchFiles(config)];
  return new Map(files.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function elasticsearchFiles(config: Config): [string, string][] {
  const templates = buildTemplates({
    index: documentsIndex(config),
    environment: config.environment,
    retentionDays: config.elasticsearch.retention_days,
    replicas: replicasOf(config.elasticsearch),
    bounds: null,
  });
  const roles = roleDescriptors([documentsIndex(config).search]);
  return [
    ...templates.map(({ kind, name, body }): [string, string] => [
      `elasticsearch/${kind}-template-${name}.json`,
      `${JSON.stringify(body, undefined, 2)}\n`,
    ]),
    // For an Elasticsearch that exists already: what a role, or an API key, of each program needs.
    ["elasticsearch/roles.json", `${JSON.stringify(roles, undefined, 2)}\n`],
  ];
}
