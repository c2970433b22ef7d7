/** `--print`: documents go to standard output as NDJSON, as fast as the reader takes them. */
import type { Writable } from "node:stream";
import { LaglineError } from "../model/errors.ts";
import type { DocumentSink } from "./collector.ts";

export function createPrintSink(output: Writable): DocumentSink {
  let closed = false;
  // Each write reports its own failure; without a listener the stream would end the process with a stack trace.
  output.on("error", () => {
    closed = true;
  });
  return {
    get closed() {
      return closed;
    },
    async append(batches) {
      for await (const { ndjson } of batches) {
        await write(output, ndjson).catch((error: unknown) => {
          closed = true;
          throw error;
        });
      }
    },
    stats: () => null,
  };
}

/** Ends when the bytes are handed over, because the producer then uses their memory again. */
async function write(output: Writable, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    output.write(bytes, (error) => {
      if (error === null || error === undefined) {
        resolve();
      } else {
        const message = `Documents could not be printed: ${error.message}.`;
        reject(new LaglineError({ code: "LAGLINE_COLLECT_OUTPUT_CLOSED", message, cause: error }));
      }
    });
  });
}
