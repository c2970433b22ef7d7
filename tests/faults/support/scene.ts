/** A Burrow that works, an Elasticsearch and the whole collector between them; all of it ends with the test. */
import type { TickSummary } from "../../../collectors/pipeline.ts";
import type { FakeBurrow } from "../../fakes/fake-burrow.ts";
import type { FakeElasticsearch, FakeElasticsearchOptions } from "../../fakes/fake-elasticsearch.ts";
import { startFakeElasticsearch } from "../../fakes/fake-elasticsearch.ts";
import { type CollectorSetup, type CollectorUnderTest, startCollector } from "./collector-under-test.ts";
import { type World, startWorld } from "./world.ts";

export const GROUPS = 3;
export const PARTITIONS = 4;

export type Scene = {
  readonly world: World;
  readonly elasticsearch: FakeElasticsearch;
  readonly collector: CollectorUnderTest;
  /** One tick with work in it, after changes to what Burrow knows. */
  readonly tick: (change?: (burrow: FakeBurrow) => void) => Promise<TickSummary>;
};

export type Stage = {
  /** What else has to end, in the reverse order. */
  onEnd(cleanup: () => Promise<void>): void;
  /** `server`: behaviour of Elasticsearch; the rest is the collector's. */
  start(setup?: Partial<CollectorSetup> & { readonly server?: FakeElasticsearchOptions }): Promise<Scene>;
  /** For `afterEach`. */
  end(): Promise<void>;
};

export function createStage(): Stage {
  const cleanups: (() => Promise<void>)[] = [];
  return {
    onEnd: (cleanup) => void cleanups.push(cleanup),
    async end() {
      for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
    },
    async start({ server = {}, ...setup } = {}) {
      const world = await startWorld({ groups: GROUPS, partitions: PARTITIONS });
      cleanups.push(async () => world.burrow.close());
      const elasticsearch = await startFakeElasticsearch(server);
      cleanups.push(async () => elasticsearch.stop());
      const collector = await startCollector({
        burrow: world.burrow,
        elasticsearch: { url: elasticsearch.url },
        ...setup,
      });
      cleanups.push(async () => collector.stop());
      return {
        world,
        elasticsearch,
        collector,
        tick: async (change) => {
          world.live(collector.nowMs() + 30_000);
          change?.(world.burrow);
          return collector.tick();
        },
      };
    },
  };
}
