/**
 * Rules that were shipped once and are gone. Grafana keeps a rule that has left its file, and goes on evaluating it, until
 * the file says that it is to be deleted; a uid that Grafana does not know is no fault.
 */

export type GoneRules = { readonly uids: readonly string[]; readonly why: string };

/** Append only: a database that was last provisioned years ago still holds them. A uid here never comes back. */
export const GONE_RULES: readonly GoneRules[] = [
  {
    uids: [
      "lagline-pipeline-data-stale-1",
      "lagline-pipeline-data-stale-2",
      "lagline-pipeline-data-stale-3",
      "lagline-pipeline-data-stale-4",
      "lagline-pipeline-data-stale-5",
      "lagline-pipeline-data-stale-6",
      "lagline-pipeline-data-stale-7",
      "lagline-pipeline-data-stale-8",
    ],
    why: "Heartbeats were numbered by the place of their cluster in the configuration; now they carry its name.",
  },
];
