/** `--print`: documents go to standard output as NDJSON, as fast as the reader takes them. */
import type { Writable } from "node:stream";
import { once } from "node:events";
import type { DocumentSink } from "./collector.ts";

export function createPrintSink(output: Writable): DocumentSink {
  return {
    async append(batches) {
      for await (const { ndjson } of batches) {
        if (!output.write(ndjson)) {
          await once(output, "drain");
        }
      }
    },
    stats: () => null,
  };
}
