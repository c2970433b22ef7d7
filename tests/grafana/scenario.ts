/**
 * Lag documents for looking at dashboards and alerts: one group in every verdict, played over time. A pure function of the
 * tick, so that "three hours back" and "live" are the same story. The numbers are made up, their relations are not.
 */
import type { LagDocument } from "../../model/documents.ts";
import { VERDICTS } from "../../model/verdicts.ts";
import type { Verdict } from "../../model/verdicts.ts";

export type ScenarioOptions = {
  readonly cluster: string;
  readonly intervalSeconds: number;
  /** Where the story ends: faults began so long before it. Epoch seconds. */
  readonly nowSeconds: number;
  /** From this moment on every group is well again; for watching an alert resolve. Epoch seconds. */
  readonly healedAtSeconds?: number;
  readonly suspect?: boolean;
  /** Adds a late group whose name tries to break out of queries, links and messages. */
  readonly hostile?: boolean;
};

type Story = {
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  readonly team?: string;
  readonly objectiveSeconds: number;
  readonly produceRate: number;
  readonly verdict: Verdict;
  /** The fault began this long before the end of the story. */
  readonly faultSeconds: number;
  readonly expectedIdle?: boolean;
};

const HOUR = 3600;
const STORIES: readonly Story[] = [
  {
    group: "checkout-events",
    topic: "checkout",
    partitions: 6,
    team: "payments",
    objectiveSeconds: 60,
    produceRate: 220,
    verdict: "ok",
    faultSeconds: 0,
  },
  {
    group: "audit-log",
    topic: "audit",
    partitions: 3,
    team: "security",
    objectiveSeconds: 300,
    produceRate: 12,
    verdict: "ok",
    faultSeconds: 0,
  },
  {
    group: "search-indexer",
    topic: "catalogue",
    partitions: 12,
    team: "search",
    objectiveSeconds: 300,
    produceRate: 90,
    verdict: "ok",
    faultSeconds: 0,
  },
  {
    group: "nightly-report",
    topic: "report-requests",
    partitions: 3,
    team: "finance",
    objectiveSeconds: 3600,
    produceRate: 0,
    verdict: "idle",
    faultSeconds: 0,
    expectedIdle: true,
  },
  {
    group: "email-sender",
    topic: "notifications",
    partitions: 6,
    team: "growth",
    objectiveSeconds: 300,
    produceRate: 80,
    verdict: "catching_up",
    faultSeconds: HOUR,
  },
  {
    group: "new-consumer",
    topic: "beta-events",
    partitions: 3,
    objectiveSeconds: 300,
    produceRate: 5,
    verdict: "unknown",
    faultSeconds: 120,
  },
  {
    group: "ledger-projection",
    topic: "ledger",
    partitions: 8,
    team: "finance",
    objectiveSeconds: 300,
    produceRate: 45,
    verdict: "rewound",
    faultSeconds: 900,
  },
  {
    group: "clickstream-enricher",
    topic: "clicks",
    partitions: 24,
    team: "data",
    objectiveSeconds: 120,
    produceRate: 600,
    verdict: "hot_partition",
    faultSeconds: 2400,
  },
  {
    group: "orders-fulfilment",
    topic: "orders",
    partitions: 12,
    team: "logistics",
    objectiveSeconds: 120,
    produceRate: 150,
    verdict: "falling_behind",
    faultSeconds: 900,
  },
  {
    group: "fraud-scoring",
    topic: "payments",
    partitions: 12,
    team: "risk",
    objectiveSeconds: 60,
    produceRate: 130,
    verdict: "no_owner",
    faultSeconds: 700,
  },
  {
    group: "invoice-writer",
    topic: "invoices",
    partitions: 6,
    team: "finance",
    objectiveSeconds: 300,
    produceRate: 30,
    verdict: "stalled",
    faultSeconds: 2700,
  },
  {
    group: "payments-writer",
    topic: "payments",
    partitions: 12,
    team: "payments",
    objectiveSeconds: 120,
    produceRate: 130,
    verdict: "stopped",
    faultSeconds: 790,
  },
  {
    group: "legacy-sync",
    topic: "customers",
    partitions: 4,
    objectiveSeconds: 900,
    produceRate: 8,
    verdict: "vanished",
    faultSeconds: 1900,
  },
];

export const HOSTILE_GROUP = '<!channel> "x" & `y` | a/b:c*? (ü)';
const HOSTILE: Story = {
  group: HOSTILE_GROUP,
  topic: "hostile",
  partitions: 3,
  team: "a & b",
  objectiveSeconds: 60,
  produceRate: 40,
  verdict: "hot_partition",
  faultSeconds: 2700,
};

/** The documents of one tick of one cluster. */
export function scenarioDocuments(tickSeconds: number, options: ScenarioOptions): readonly LagDocument[] {
  const stories = options.hostile === true ? [...STORIES, HOSTILE] : STORIES;
  const groups = stories.flatMap((story) => groupDocuments(story, tickSeconds, options));
  return [...groups, clusterDocument(groups, tickSeconds, options), collectorDocument(tickSeconds, options)];
}

function groupDocuments(story: Story, tick: number, options: ScenarioOptions): readonly LagDocument[] {
  const base = { "@timestamp": new Date(tick * 1000).toISOString(), cluster: options.cluster };
  const healed = options.healedAtSeconds !== undefined && tick >= options.healedAtSeconds;
  const since = story.faultSeconds === 0 || healed ? 0 : tick - (options.nowSeconds - story.faultSeconds);
  const verdict: Verdict = since <= 0 && story.verdict !== "idle" ? "ok" : story.verdict;
  const partitions = Array.from({ length: story.partitions }, (_, number) =>
    partitionNumbers(story, verdict, { number, since: Math.max(since, 0), tick }),
  );
  const lag = sum(partitions.map((partition) => partition.lag));
  const worst = partitions.reduce((a, b) => (b.timeLag > a.timeLag ? b : a));
  const documents: LagDocument[] = partitions.map((partition) => ({
    ...base,
    record: "partition",
    group: story.group,
    topic: story.topic,
    partition: String(partition.number),
    partition_number: partition.number,
    partition_label: `${story.topic}-${String(partition.number).padStart(3, "0")}`,
    status: "OK",
    status_code: 1,
    complete: 1,
    lag: partition.lag,
    committed_offset: Math.round(tick * 10) % 1_000_000_000,
    log_end_offset: (Math.round(tick * 10) % 1_000_000_000) + partition.lag,
    verdict_seconds: Math.max(since, 0),
    commit_age_seconds: partition.commitAge,
    produce_rate: partition.produced,
    consume_rate: partition.consumed,
    time_lag_seconds: partition.timeLag,
    time_lag_method: "interpolated",
    verdict: partition.verdict,
    verdict_code: VERDICTS[partition.verdict].code,
    cause: partition.verdict === "ok" ? "keeps up" : causeOf(story, partition.verdict, lag),
    suspect: options.suspect === true ? 1 : 0,
    ...(partition.owner === null
      ? {}
      : { partition_owner: partition.owner, client_id: `${story.group}-${partition.owner.slice(-1)}` }),
  }));
  const produced = sum(partitions.map((partition) => partition.produced));
  const consumed = sum(partitions.map((partition) => partition.consumed));
  const shrinks = consumed > produced;
  documents.push({
    ...base,
    record: "group",
    group: story.group,
    status: "OK",
    status_code: 1,
    complete: 1,
    verdict,
    verdict_code: VERDICTS[verdict].code,
    verdict_seconds: since > 0 ? since : tick % 86_400,
    cause: causeOf(story, verdict, lag),
    suspect: options.suspect === true ? 1 : 0,
    total_lag: lag,
    max_lag: Math.max(...partitions.map((partition) => partition.lag)),
    time_lag_seconds: worst.timeLag,
    time_lag_method: "interpolated",
    lag_velocity: produced - consumed,
    produce_rate: produced,
    consume_rate: consumed,
    commit_age_seconds: Math.min(...partitions.map((partition) => partition.commitAge)),
    ...(shrinks && lag > 0 ? { eta_seconds: lag / (consumed - produced) } : {}),
    ...(produced > consumed * 1.02 && worst.timeLag < story.objectiveSeconds
      ? { breach_in_seconds: (story.objectiveSeconds - worst.timeLag) * 4 }
      : {}),
    worst_topic: story.topic,
    worst_partition: worst.number,
    topics: [story.topic],
    owners: [...new Set(partitions.flatMap(({ owner }) => (owner === null ? [] : [owner])))],
    owner_count: new Set(partitions.flatMap(({ owner }) => (owner === null ? [] : [owner]))).size,
    partition_count: story.partitions,
    partitions_lagging: partitions.filter((partition) => partition.lag > 100).length,
    partitions_stopped: partitions.filter((partition) => partition.verdict === "stopped").length,
    partitions_stalled: partitions.filter((partition) => partition.verdict === "stalled").length,
    policy: "default",
    tier: "standard",
    ...(story.team === undefined ? {} : { team: story.team }),
    objective_seconds: story.objectiveSeconds,
    objective_ratio: lag < 100 ? 0 : worst.timeLag / story.objectiveSeconds,
    lag_floor: 100,
    expected_idle: story.expectedIdle === true ? 1 : 0,
  });
  documents.push(...ownerDocuments(base, story, partitions), ...topicDocuments(base, story, partitions));
  if (since > 0 && since <= options.intervalSeconds) {
    documents.push({
      ...base,
      record: "event",
      event_kind: "verdict",
      group: story.group,
      event_from: "ok",
      event_to: verdict,
      event_text: `${story.group}: ok → ${VERDICTS[verdict].label}`,
      cause: causeOf(story, verdict, lag),
    });
  }
  // The same trouble once before, over half an hour ahead of this one.
  const sinceEnd = since + EARLIER_SECONDS;
  if (story.faultSeconds > 0 && sinceEnd > 0 && sinceEnd <= options.intervalSeconds) {
    documents.push({
      ...base,
      record: "event",
      event_kind: "verdict",
      group: story.group,
      event_from: story.verdict,
      event_to: "ok",
      event_text: `${story.group}: ${VERDICTS[story.verdict].label} → ok`,
      event_since: new Date((tick - 600) * 1000).toISOString(),
      peak_time_lag_seconds: 2 * story.objectiveSeconds,
      peak_lag: 4200,
      peak_cause: causeOf(story, story.verdict, 4200),
      ...(story.team === undefined ? {} : { team: story.team }),
    });
  }
  return documents;
}

const EARLIER_SECONDS = 1800;

type Numbers = {
  readonly number: number;
  readonly lag: number;
  readonly timeLag: number;
  readonly commitAge: number;
  readonly produced: number;
  readonly consumed: number;
  readonly owner: string | null;
  readonly verdict: Verdict;
};
type Moment = { readonly number: number; readonly since: number; readonly tick: number };

function partitionNumbers(story: Story, verdict: Verdict, { number, since, tick }: Moment): Numbers {
  const wave = 1 + 0.15 * Math.sin(tick / 700 + number) + 0.05 * Math.sin(tick / 97 + 3 * number);
  const produced = (story.produceRate / story.partitions) * wave;
  const owner = `10.0.3.${11 + (number % 3)}`;
  const well: Numbers = {
    number,
    lag: Math.round(produced * (1 + 0.5 * Math.sin(tick / 60 + number))),
    timeLag: produced === 0 ? 0 : 1.5 + Math.sin(tick / 60 + number),
    commitAge: produced === 0 ? 7200 : 1 + ((tick / 7 + number) % 4),
    produced,
    consumed: produced,
    owner,
    verdict: verdict === "idle" ? "idle" : "ok",
  };
  const stopped: Numbers = {
    ...well,
    lag: Math.round(well.lag + produced * since),
    timeLag: well.timeLag + since,
    commitAge: since,
    consumed: 0,
    verdict,
  };
  switch (verdict) {
    case "stopped":
      return stopped;
    case "vanished":
      return { ...stopped, owner: null };
    case "no_owner":
      return number % 2 === 0 ? { ...stopped, owner: null } : well;
    case "stalled":
      return number === 2 ? { ...stopped, commitAge: 2 } : well;
    case "hot_partition":
      return number === Math.min(7, story.partitions - 1)
        ? {
            ...well,
            produced: produced * 8,
            lag: Math.round(produced * since),
            timeLag: since / 9,
            consumed: produced * 7,
            verdict,
          }
        : well;
    case "falling_behind":
      return {
        ...well,
        lag: Math.round(well.lag + produced * 0.2 * since),
        timeLag: well.timeLag + since * 0.065,
        consumed: produced * 0.8,
        verdict,
      };
    case "catching_up":
    case "rewound": {
      const left = Math.max(0, 1 - since / (story.faultSeconds * 1.4));
      return {
        ...well,
        lag: Math.round(well.lag + produced * 1500 * left),
        timeLag: well.timeLag + 1500 * left,
        consumed: produced * 2.1,
        verdict,
      };
    }
    case "ok":
    case "idle":
    case "unknown":
    case "suspect_data":
      return well;
  }
}

function causeOf(story: Story, verdict: Verdict, lag: number): string {
  const { group, topic } = story;
  switch (verdict) {
    case "ok":
      return "Keeps up: all partitions are within the objective.";
    case "idle":
      return "Nothing is produced and nothing waits.";
    case "catching_up":
      return "Consumes 2.1 times what is produced; the lag shrinks on all partitions.";
    case "unknown":
      return "Seen for less than 10 minutes; not enough history to judge.";
    case "suspect_data":
      return "Burrow replays old commits.";
    case "rewound":
      return `Committed offsets of ${topic} went back by 12,400 messages; they are read again.`;
    case "hot_partition":
      return `1 of ${story.partitions} partitions holds 97 % of the lag: ${topic}-007 receives 8 times its share.`;
    case "falling_behind":
      return `Consumes 80 % of what is produced, on all ${story.partitions} partitions: the group or the producer, not one host.`;
    case "no_owner":
      return `${story.partitions / 2} of ${story.partitions} partitions of ${topic} have no owner while ${lag.toLocaleString("en")} messages wait.`;
    case "stalled":
      return `${topic}-002 commits the same offset again and again; its siblings move: a message that cannot be processed.`;
    case "stopped":
      return `No commit on any of ${story.partitions} partitions while ${lag.toLocaleString("en")} messages wait.`;
    case "vanished":
      return `${group} was known and is gone from Burrow.`;
  }
}

function ownerDocuments(
  base: Pick<LagDocument, "@timestamp" | "cluster">,
  story: Story,
  partitions: readonly Numbers[],
): readonly LagDocument[] {
  const owners = [...new Set(partitions.flatMap(({ owner }) => (owner === null ? [] : [owner])))];
  return owners.map((owner) => {
    const own = partitions.filter((partition) => partition.owner === owner);
    return {
      ...base,
      record: "owner",
      group: story.group,
      owner,
      partition_count: own.length,
      total_lag: sum(own.map((partition) => partition.lag)),
      time_lag_seconds: Math.max(...own.map((partition) => partition.timeLag)),
      consume_rate: sum(own.map((partition) => partition.consumed)),
    };
  });
}

function topicDocuments(
  base: Pick<LagDocument, "@timestamp" | "cluster">,
  story: Story,
  partitions: readonly Numbers[],
): readonly LagDocument[] {
  const { topic } = story;
  const rates = partitions.map(({ produced }) => produced);
  const total = sum(rates);
  return [
    ...partitions.map(({ number, produced }): LagDocument => ({
      ...base,
      record: "topic",
      topic,
      partition: String(number),
      partition_number: number,
      partition_label: `${topic}-${String(number).padStart(3, "0")}`,
      topic_rollup: 0,
      produce_rate: produced,
    })),
    {
      ...base,
      record: "topic",
      topic,
      topic_rollup: 1,
      partition_count: partitions.length,
      produce_rate: total,
      ...(total > 0 ? { skew: (Math.max(...rates) * rates.length) / total } : {}),
    },
  ];
}

function clusterDocument(
  groups: readonly LagDocument[],
  tick: number,
  options: ScenarioOptions,
): LagDocument {
  const own = groups.filter((document) => document.record === "group");
  const count = (wanted: string) =>
    own.filter(({ verdict }) => verdict !== undefined && severityOf(verdict) === wanted).length;
  return {
    "@timestamp": new Date(tick * 1000).toISOString(),
    record: "cluster",
    cluster: options.cluster,
    group_count: own.length,
    groups_failing: count("warning") + count("critical"),
    groups_ok: count("ok"),
    groups_warning: count("warning"),
    groups_critical: count("critical"),
    groups_unknown: count("info"),
    groups_unreadable: 0,
    incomplete_groups: 0,
    topic_count: 12,
    partition_count: 102,
    total_lag: sum(own.map((document) => document.total_lag ?? 0)),
    data_age_seconds: 1.4 + (tick % 7) / 10,
    burrow_ready: options.suspect === true ? 0 : 1,
    burrow_self_lag: 0,
    suspect: options.suspect === true ? 1 : 0,
    ...(options.suspect === true ? { suspect_reason: "Burrow is not ready: it replays old commits." } : {}),
  };
}

function severityOf(verdict: string): string {
  return Object.entries(VERDICTS).find(([name]) => name === verdict)?.[1].severity ?? "info";
}

function collectorDocument(tick: number, options: ScenarioOptions): LagDocument {
  const cycles = Math.floor(tick / options.intervalSeconds) % 100_000;
  return {
    "@timestamp": new Date(tick * 1000).toISOString(),
    record: "collector",
    cluster: options.cluster,
    collector: `${options.cluster}-collector`,
    collector_version: "0.1.0",
    cycle_seconds: 0.3 + 0.1 * Math.sin(tick / 300),
    scrape_seconds: 0.2,
    interval_seconds: options.intervalSeconds,
    burrow_requests: 26,
    burrow_errors: 0,
    ticks_skipped: 0,
    spool_documents: 40 + Math.round(30 * Math.sin(tick / 500)),
    spool_bytes: 40_000,
    spool_age_seconds: 1,
    documents_accepted: cycles * 150,
    documents_stored: cycles * 150 - 40,
    documents_duplicate: 0,
    documents_dead_lettered: 0,
    documents_dropped: 0,
    bulk_retries: 0,
    resident_bytes: 120_000_000,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
