/** Delivery of a few batches through a spool of its own, as the collector does, with what it would say. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElasticsearchHttp } from "../../../collectors/elasticsearch/client.ts";
import { bulkTarget } from "../../../collectors/elasticsearch/destination.ts";
import { createShipper } from "../../../collectors/elasticsearch/shipper.ts";
import type { SpoolBatch, SpoolStats } from "../../../collectors/spool/contract.ts";
import { openSpool } from "../../../collectors/spool/open.ts";
import { type DocumentsIndex, documentsIndex } from "../../../config/documents-index.ts";
import { parseConfig } from "../../../config/load.ts";

export const MODES = ["time_series", "data_stream", "daily"] as const;

export type Delivered = {
  readonly stats: SpoolStats;
  /** What was said about Elasticsearch not taking documents. */
  readonly said: readonly string[];
  /** How often changed credentials were read. */
  readonly reloaded: number;
};

export async function deliver(
  http: ElasticsearchHttp,
  what: {
    readonly index: DocumentsIndex;
    readonly batches: readonly SpoolBatch[];
    readonly timeoutMs?: number;
  },
): Promise<Delivered> {
  const { index, batches, timeoutMs = 20_000 } = what;
  const directory = await mkdtemp(join(tmpdir(), "lagline-it-"));
  const said: string[] = [];
  let reloaded = 0;
  const { spool } = await openSpool({ directory, version: "test" });
  const shipper = createShipper({
    spool,
    client: http,
    options: { target: bulkTarget(index) },
    events: {
      backingOff: ({ detail }) => said.push(detail),
      credentialsReloaded: () => {
        reloaded += 1;
      },
    },
  });
  try {
    await spool.append(batches);
    await shipper.drain({ timeoutMs });
    await shipper.stop();
    return { stats: spool.stats(), said, reloaded };
  } finally {
    await spool.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where Lagline's own documents go, in this mode and under this name. */
export function indexNamed(
  mode: DocumentsIndex["mode"],
  name: string,
  lifecycle?: DocumentsIndex["lifecycle"],
): DocumentsIndex {
  return documentsIndex(
    parseConfig(
      JSON.stringify({
        environment: "it-least",
        clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
        elasticsearch: { external: { url: "http://127.0.0.1:9200" }, index: { mode, name, lifecycle } },
      }),
      "lagline.yaml",
    ),
  );
}
