/** Reads one batch from its segment file. */
import type { Disk } from "./disk.ts";
import type { PackedBatch } from "./draft.ts";
import type { Entry } from "./ready-queue.ts";
import { decodeHeader, payloadIsIntact, RECORD_HEADER_BYTES, recordLength } from "./record.ts";

/** Undefined when what is there is not this batch, or is damaged. @throws system errors of the disk */
export async function readBack(
  disk: Disk,
  segmentName: string,
  entry: Pick<Entry, "sequence" | "offset" | "payloadLength">,
): Promise<PackedBatch | undefined> {
  const length = recordLength(entry.payloadLength);
  const bytes = await disk.read(segmentName, { offset: entry.offset, length });
  const header = decodeHeader(bytes, 0);
  const payload = bytes.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + entry.payloadLength);
  if (header?.sequence !== entry.sequence || !payloadIsIntact(header, payload)) return undefined;
  return { ...header, payload };
}
