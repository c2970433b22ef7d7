/** A deployment as event documents, one per group, so that each group's page shows it. Pure. */
import type { LagDocument } from "../../model/documents.ts";

export const DEPLOYMENT_KINDS = ["rolling", "blue_green", "canary", "stop"] as const;
export type DeploymentKind = (typeof DEPLOYMENT_KINDS)[number];

export type Deployment = {
  readonly cluster: string;
  readonly groups: readonly string[];
  readonly kind: DeploymentKind;
  readonly minutes: number;
  readonly reason: string;
  readonly nowMs: number;
};

const WORDS: Readonly<Record<DeploymentKind, string>> = {
  rolling: "rolling deployment",
  blue_green: "blue/green deployment",
  canary: "canary deployment",
  stop: "planned stop",
};

export function deploymentEvents(deployment: Deployment): readonly LagDocument[] {
  const { cluster, kind, minutes, reason, nowMs } = deployment;
  const until = new Date(nowMs + minutes * 60_000).toISOString();
  return [...new Set(deployment.groups)].map((group) => ({
    "@timestamp": new Date(nowMs).toISOString(),
    record: "event",
    cluster,
    group,
    event_kind: "deployment",
    event_to: kind,
    event_until: until,
    cause: reason,
    event_text: `${group}: ${WORDS[kind]} for ${minutes} minute${minutes === 1 ? "" : "s"}: ${reason}`,
  }));
}
