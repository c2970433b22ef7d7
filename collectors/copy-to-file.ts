/** A sink whose accepted documents are also in files. */
import type { DocumentSink } from "./collector.ts";
import type { SpoolBatch } from "./spool/contract.ts";
import type { FileOutput, OutputCycle } from "./outputs/file-output.ts";

/** The files get each batch while its memory is valid, and keep the cycle only when the sink has accepted it. */
export function copyToFile(sink: DocumentSink, output: FileOutput): DocumentSink {
  return {
    get closed() {
      return sink.closed ?? false;
    },
    stats: () => sink.stats(),
    async append(batches) {
      const cycle = output.begin();
      try {
        await sink.append(copied(batches, cycle));
      } catch (error) {
        await cycle.abandon();
        throw error;
      }
      cycle.commit();
    },
  };
}

async function* copied(
  batches: AsyncIterable<SpoolBatch> | Iterable<SpoolBatch>,
  cycle: OutputCycle,
): AsyncGenerator<SpoolBatch, void, undefined> {
  for await (const batch of batches) {
    await cycle.write(batch);
    yield batch;
  }
}
