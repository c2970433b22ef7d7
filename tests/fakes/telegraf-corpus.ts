/**
 * One Burrow for Telegraf and Lagline to read: every recorded `/lag` body as a group of its own, the recorded odd names,
 * and what the recordings lack. Bodies are served as they were recorded but for the name of the group.
 */
import { type FakeBurrow, type FakePartition, startFakeBurrow } from "./fake-burrow.ts";
import { readRecorded, recordedBodies } from "./recorded.ts";

export const CORPUS_CLUSTER = "local";
/** Listed, and 404 NOTFOUND when it is asked for. */
export const NOT_FOUND_GROUP = "vanished";
/** Its commit times are above 2^53: JSON.parse has lost the last digits before anything can be done about it. */
export const ROUNDED_GROUP = "lag-bad-timestamp";
/** Names that Telegraf escapes twice. */
export const ODD_GROUPS: readonly string[] = ["[x]", 'a"b<c>', "a%b", "q?r#s", "a b", "ünï"];

const commit = (offset: number, timestamp: number) => ({ offset, timestamp, observedAt: timestamp, lag: 0 });
const NOW = 1_795_250_913_000;

export async function startTelegrafCorpus(): Promise<FakeBurrow> {
  const burrow = await startFakeBurrow();
  burrow.setCluster(CORPUS_CLUSTER, {
    topics: new Map<string, readonly number[]>([
      ["orders", [1200, 1300, 0]],
      ["empty", []],
      ["payments.v2_events-x", [9_007_199_254_740_991]],
    ]),
    groups: new Map<string, readonly FakePartition[]>([
      // Words that Burrow has and no recording shows, and one that it does not have.
      [
        "every-status",
        ["OK", "WARN", "STOP", "STALL", "REWIND", "NOTFOUND", "NOT_FOUND", "ERR", "SIDEWAYS"].map(statusOnly),
      ],
      ["no-commits", [{ topic: "orders", partition: 0 }]],
      [
        "names-with+marks&more=1:2@3$~",
        [{ topic: "orders", partition: 1, start: commit(1, NOW), end: commit(2, NOW) }],
      ],
    ]),
  });
  const names = [
    "every-status",
    "no-commits",
    "names-with+marks&more=1:2@3$~",
    NOT_FOUND_GROUP,
    `burrow-${CORPUS_CLUSTER}`,
  ];
  for (const { file, path, status } of recordedBodies()) {
    if (status !== 200 || !path.endsWith("/lag")) continue;
    const body = readRecorded(file);
    const recorded = nameIn(body);
    const isOdd = file.startsWith("lag-odd-name");
    const name = isOdd ? recorded : file.replace(/\.json$/, "");
    // Not through JSON.parse, which would round the numbers that are too large.
    const renamed = body.replace(`"group":${JSON.stringify(recorded)}`, `"group":${JSON.stringify(name)}`);
    burrow.setBody(pathOf(name), renamed, status);
    names.push(name);
  }
  burrow.setBody(
    `/v3/kafka/${CORPUS_CLUSTER}/consumer`,
    JSON.stringify({ error: false, message: "consumer list returned", consumers: [...new Set(names)] }),
  );
  burrow.setBody(`/v3/kafka/${CORPUS_CLUSTER}/topic/orders`, readRecorded("topic-offsets.json"));
  return burrow;
}

function statusOnly(status: string, partition: number): FakePartition {
  const end = commit(100 + partition, NOW + partition);
  return {
    topic: "orders",
    partition,
    owner: `/10.0.0.${partition}`,
    status,
    start: end,
    end,
    current_lag: partition,
  };
}

function nameIn(body: string): string {
  const parsed: { status: { group: string } } = JSON.parse(body);
  return parsed.status.group;
}

function pathOf(group: string): string {
  return `/v3/kafka/${CORPUS_CLUSTER}/consumer/${encodeURIComponent(group)}/lag`;
}
