/** An analyser without analysis: what Burrow gave, as documents, for tests of the pipeline around it. */
import type { Analyser } from "../../collectors/analysis/contract.ts";
import type { LagDocument } from "../../model/documents.ts";
import { statusCode } from "../../model/statuses.ts";

export type PassthroughAnalyser = Analyser & {
  /** Problems of groups that could not be read, in order. */
  readonly unreadable: { readonly group: string; readonly kind: string }[];
};

export function createPassthroughAnalyser(cluster: string): PassthroughAnalyser {
  let history = new Uint8Array([1]);
  const unreadable: { group: string; kind: string }[] = [];
  return {
    unreadable,
    beginTick(input) {
      const stamp = new Date(input.tickMs).toISOString();
      let groups = 0;
      let topics = 0;
      const base = <R extends LagDocument["record"]>(record: R) =>
        ({ "@timestamp": stamp, record, cluster }) as const;
      return {
        addTopic({ topic, endOffsets }) {
          topics += 1;
          return endOffsets.flatMap((offset, partition): LagDocument[] =>
            offset === undefined
              ? []
              : [
                  {
                    ...base("topic"),
                    topic,
                    partition: String(partition),
                    log_end_offset: offset,
                    topic_rollup: 0,
                  },
                ],
          );
        },
        addGroup(reading) {
          groups += 1;
          return reading.partitions.map((partition): LagDocument => ({
            ...base("partition"),
            group: reading.group,
            topic: partition.topic,
            partition: String(partition.partition),
            status: partition.status,
            status_code: statusCode(partition.status) ?? -1,
            lag: partition.currentLag,
            complete: partition.complete,
            ...(partition.end === null ? {} : { committed_offset: partition.end.offset }),
          }));
        },
        addUnreadable(group, problem) {
          unreadable.push({ group, kind: problem.kind });
        },
        finish() {
          history = new Uint8Array([2, groups]);
          const ready = input.burrow.ready ? 1 : 0;
          return [{ ...base("cluster"), group_count: groups, topic_count: topics, burrow_ready: ready }];
        },
      };
    },
    exportHistory: () => history,
    importHistory: (bytes) => {
      history = Uint8Array.from(bytes);
      return bytes[0] === 1 || bytes[0] === 2;
    },
  };
}
