/** Looks at one Burrow with the collector's own probe: ready, knows the cluster, caught up, its clock, its groups. */
import type { BurrowClient } from "../../collectors/burrow/client.ts";
import { clusterPath } from "../../collectors/burrow/names.ts";
import type { Probe } from "../../collectors/burrow/state.ts";
import { probeBurrow } from "../../collectors/burrow/state.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, warning } from "./finding.ts";

export type BurrowLook = {
  readonly client: BurrowClient;
  readonly cluster: string;
  readonly prefix: string;
  readonly signal: AbortSignal;
};

/** A clock that is off by more makes commit ages and time lags wrong by as much. */
const CLOCK_SKEW_LIMIT_MS = 2000;
/** Messages of __consumer_offsets that Burrow has not read yet; a busy cluster has some at any moment. */
const SELF_LAG_LIMIT = 10_000;

export async function lookAtBurrow(look: BurrowLook): Promise<readonly Observation[]> {
  const probe = await probeBurrow({ ...look, settings: new Map() });
  if (!probe.usable) return [unusable(look, probe)];
  return [
    ok("ready", `Burrow at ${look.client.server} is ready and knows the cluster ${look.cluster}.`),
    judgeSelfLag(probe.state.selfLag),
    judgeClock(probe.state.clockSkewMs),
    await lookAtGroups(look, probe.selfGroups),
  ];
}

function unusable({ client, cluster }: BurrowLook, probe: Probe): Observation {
  const said = probe.problems[0]?.detail ?? `Burrow at ${client.server} did not answer.`;
  if (!probe.reachable) {
    return broken(
      "ready",
      said,
      "Start Burrow, or correct clusters.<name>.burrow; `docker logs` of its container shows why it stopped.",
    );
  }
  return broken(
    "ready",
    said,
    probe.problems[0]?.scope === "cluster"
      ? `Name the cluster ${cluster} as Burrow's configuration does, in lower case.`
      : "If this lasts for more than a minute, Burrow cannot read Kafka: look at its log and at the findings about Kafka.",
  );
}

function judgeSelfLag(selfLag: number | null): Observation {
  if (selfLag === null)
    return ok("caught-up", "Burrow does not tell how far it has read __consumer_offsets yet.");
  return selfLag <= SELF_LAG_LIMIT
    ? ok("caught-up", `Burrow has read __consumer_offsets to its end (${selfLag} messages behind).`)
    : broken(
        "caught-up",
        `Burrow is ${selfLag} messages behind in __consumer_offsets: what it says of any group is old.`,
        "Give Burrow more CPU and memory, or deny groups that commit after each message (group_denylist).",
      );
}

function judgeClock(skewMs: number | null): Observation {
  if (skewMs === null) return ok("burrow-clock", "Burrow's answers carry no time to compare clocks by.");
  const seconds = Math.round(Math.abs(skewMs) / 100) / 10;
  return Math.abs(skewMs) <= CLOCK_SKEW_LIMIT_MS
    ? ok("burrow-clock", `Burrow's clock and this one agree within ${seconds} s.`)
    : warning(
        "burrow-clock",
        `Burrow's clock is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} this one.`,
        "Synchronise both hosts with NTP; commit ages and time lags are wrong by as much until then.",
      );
}

/** Its own bookkeeping group is no consumer. */
async function lookAtGroups(
  { client, cluster, prefix, signal }: BurrowLook,
  own: readonly string[],
): Promise<Observation> {
  const answer = await client.get(
    `${clusterPath(prefix, cluster)}/consumer`,
    { scope: "cluster", name: cluster },
    signal,
  );
  const groups = answer.ok ? namesIn(answer.body)?.filter((name) => !own.includes(String(name))) : undefined;
  if (!answer.ok) return broken("groups", answer.problem.detail, "Look at Burrow's log.");
  if (groups === undefined || groups.length === 0) {
    return warning(
      "groups",
      "Burrow has seen no consumer group.",
      "It learns of a group at its first commit after Burrow's start; if consumers do commit, check the user's right to read __consumer_offsets and group_denylist.",
    );
  }
  return ok("groups", `Burrow has seen ${groups.length} groups.`);
}

function namesIn(body: unknown): readonly unknown[] | undefined {
  const names: unknown =
    typeof body === "object" && body !== null ? Reflect.get(body, "consumers") : undefined;
  return Array.isArray(names) ? names : undefined;
}
