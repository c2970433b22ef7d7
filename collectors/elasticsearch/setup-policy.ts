/** The lifecycle policy that deletes old documents: made once, kept in step, left alone where somebody changed it. */
import { z } from "zod";
import type { DocumentsIndex } from "../../config/documents-index.ts";
import { LaglineError } from "../../model/errors.ts";
import type { ElasticsearchHttp } from "./client.ts";
import { isMissingHandler, refusal } from "./detect.ts";
import { MANAGED_BY } from "./mappings.ts";
import type { Retention } from "./templates.ts";

export type PolicyOptions = {
  readonly log: (sentence: string) => void;
  readonly index: DocumentsIndex;
  readonly retention: Extract<Retention, { by: "policy" }>;
  readonly days: number;
};

const found = z.record(
  z.string(),
  z.object({
    version: z.number(),
    policy: z.object({
      _meta: z
        .object({ managed_by: z.string(), policy_version: z.number(), retention_days: z.number() })
        .optional(),
    }),
  }),
);

/** Backing indices are closed for writing at these, so that whole indices can be deleted. */
const ROLLOVER = { max_age: "1d", max_primary_shard_size: "50gb" } as const;

/** False where this Elasticsearch has no lifecycle management; then the templates must not name a policy. */
export async function putPolicy(http: ElasticsearchHttp, options: PolicyOptions): Promise<boolean> {
  const { log, index, retention, days } = options;
  const path = `/_ilm/policy/${encodeURIComponent(retention.policy)}`;
  const answer = await http.request({ method: "GET", path });
  if (isMissingHandler(answer)) {
    log("This Elasticsearch has no lifecycle management: nothing is deleted by age.");
    return false;
  }
  if (answer.status !== 200 && answer.status !== 404)
    throw refusal(answer, `read the policy ${retention.policy}`);
  const parsed = found.safeParse(answer.body);
  const known = answer.status === 200 && parsed.success ? parsed.data[retention.policy] : undefined;
  if (index.ownPolicy !== null) {
    if (answer.status === 404) throw missing(retention.policy);
    log(`Policy ${retention.policy} is yours and is used as it is.`);
    return true;
  }
  const version = known?.version ?? 0;
  const meta = known?.policy["_meta"];
  // Elasticsearch counts every change of a policy, so that one by another hand shows.
  if (answer.status === 200 && (meta?.managed_by !== MANAGED_BY || meta.policy_version !== version)) {
    log(`Policy ${retention.policy} was changed by hand and is left alone.`);
    return true;
  }
  if (meta?.retention_days === days) {
    log(`Policy ${retention.policy} deletes documents after ${days} days.`);
    return true;
  }
  const json = policyBody(index, { days, version: version + 1 });
  const put = await http.request({ method: "PUT", path, json });
  if (put.status !== 200) throw refusal(put, `write the policy ${retention.policy}`);
  log(
    `Policy ${retention.policy} ${known === undefined ? "created" : "updated"}: documents are deleted after ${days} days.`,
  );
  return true;
}

/** Of a policy, what Lagline sets; a test holds it against the types of the official client. */
export type LifecyclePolicy = {
  _meta: { managed_by: string; policy_version: number; retention_days: number };
  phases: {
    hot?: { actions: { rollover: { max_age: string; max_primary_shard_size: string } } };
    delete: { min_age: string; actions: { delete: Record<string, never> } };
  };
};

/** An index of a day is deleted whole; a data stream is cut into indices first. */
export function policyBody(
  index: Pick<DocumentsIndex, "mode">,
  { days, version }: { readonly days: number; readonly version: number },
): { readonly policy: LifecyclePolicy } {
  return {
    policy: {
      _meta: { managed_by: MANAGED_BY, policy_version: version, retention_days: days },
      phases: {
        ...(index.mode === "daily" ? {} : { hot: { actions: { rollover: ROLLOVER } } }),
        delete: { min_age: `${days}d`, actions: { delete: {} } },
      },
    },
  };
}

function missing(name: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_SETUP_NO_POLICY",
    message: `The lifecycle policy ${name} of elasticsearch.index.ilm_policy does not exist.`,
    hint: "Create it, or leave ilm_policy out and setup makes one.",
  });
}
