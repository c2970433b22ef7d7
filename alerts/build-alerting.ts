/** Puts rules, contact points, templates and policies into the files of Grafana's alerting folder. */
import { ALERT_FOLDER } from "./names.ts";
import { validateAlerting } from "./provisioning.ts";
import type { KnownTargets } from "./provisioning.ts";
import { contactPointsFile, policiesFile, templatesFile } from "./routing.ts";
import { GONE_RULES } from "./gone-rules.ts";
import { buildRules, staleUid } from "./rules.ts";
import type { AlertingConfig, AlertingFile } from "./types.ts";

/**
 * Files of `provisioning/alerting/`. Without Slack only the rules: an empty webhook address stops Grafana at its start.
 * Throws a `LaglineError` with every problem at once, because Grafana refuses to start on the first one.
 */
export function buildAlerting(config: AlertingConfig, known: KnownTargets): readonly AlertingFile[] {
  const files: AlertingFile[] = [
    {
      // Grafana reads files by name, and within one it writes before it deletes: a gone rule with the title of a present
      // one would stop its start (measured on 9.4). Hence a file of its own that comes before the rules.
      fileName: "lagline-gone-rules.yaml",
      json: { apiVersion: 1, deleteRules: goneUids(config).map((uid) => ({ orgId: 1, uid })) },
    },
    {
      fileName: "lagline-rules.yaml",
      json: {
        apiVersion: 1,
        groups: [
          {
            orgId: 1,
            name: "lagline",
            folder: ALERT_FOLDER,
            interval: `${config.evaluationSeconds}s`,
            rules: buildRules(config),
          },
        ],
      },
    },
  ];
  if (config.slack !== undefined) {
    files.push({ fileName: "lagline-contact-points.yaml", json: contactPointsFile(config.slack, config) });
    files.push({ fileName: "lagline-templates.yaml", json: templatesFile() });
    if (config.routing === "policy_tree") {
      files.push({ fileName: "lagline-policies.yaml", json: policiesFile(config) });
    }
  }
  validateAlerting(files, known);
  return files;
}

function goneUids({ removedClusters }: AlertingConfig): readonly string[] {
  return [...GONE_RULES.flatMap(({ uids }) => uids), ...removedClusters.map(staleUid)];
}
