/** Reads the spool directory at start: whatever is on disk, it gives a working spool and says exactly what is lost. */
import type { Acknowledged } from "./acknowledgements.ts";
import { ACKNOWLEDGEMENT_FILE, decodeAcknowledged, SequenceSet } from "./acknowledgements.ts";
import type { Disk } from "./disk.ts";
import { errorCode } from "./disk.ts";
import type { RecordHeader } from "./record.ts";
import type { FoundRecord } from "./scan.ts";
import { scanSegment } from "./scan.ts";
import { segmentNumber } from "./segment-log.ts";

export type RecoveredRecord = {
  readonly segment: number;
  readonly offset: number;
  readonly header: RecordHeader;
};

export type RecoveryReport = {
  readonly documents: number;
  readonly batches: number;
  /** Documents that were accepted, not settled, and cannot be read any more. */
  readonly lostDocuments: number;
  readonly damagedBytes: number;
  /** Bytes of an append that was cut off before it was accepted: nothing is lost with them. */
  readonly unfinishedBytes: number;
  /** Old name and reason of each file that was set aside. */
  readonly quarantined: readonly { readonly file: string; readonly reason: string }[];
  /** False when the file of settled batches was damaged: batches may be sent again (and answered with 409). */
  readonly acknowledgementsReadable: boolean;
};

export type Recovery = {
  readonly records: readonly RecoveredRecord[];
  readonly segments: readonly { readonly number: number; readonly name: string; readonly size: number }[];
  readonly done: SequenceSet;
  readonly nextSequence: number;
  readonly nextDocument: number;
  readonly nextNumber: number;
  readonly report: RecoveryReport;
};

const UNREADABLE = ".unreadable";
/** Room for files that were set aside; the oldest go first. */
const QUARANTINE_BYTES = 16 * 1024 * 1024;

type Read = { number: number; name: string; size: number; records: readonly FoundRecord[] };

export async function recover(disk: Disk): Promise<Recovery> {
  const acknowledged = await readAcknowledged(disk);
  const files = await disk.list();
  const numbered = files
    .flatMap(({ name, size }) => {
      const number = segmentNumber(name);
      return number === undefined ? [] : [{ number, name, size }];
    })
    .toSorted((a, b) => a.number - b.number);
  const quarantined: { file: string; reason: string }[] = [];
  const segments: Read[] = [];
  let damagedBytes = 0;
  let unfinishedBytes = 0;
  for (const file of numbered) {
    const scan = scanSegment(await disk.readAll(file.name));
    if (scan.kind === "unknown_version") {
      await disk.rename(file.name, file.name + UNREADABLE);
      quarantined.push({ file: file.name, reason: `its format version ${scan.version} is not known` });
      continue;
    }
    damagedBytes += scan.damagedBytes;
    unfinishedBytes += scan.unfinishedBytes;
    if (scan.records.length > 0) segments.push({ ...file, records: scan.records });
    else if (scan.damagedBytes === 0) await disk.remove(file.name);
    else {
      await disk.rename(file.name, file.name + UNREADABLE);
      quarantined.push({ file: file.name, reason: "no record in it can be read" });
    }
  }
  await boundQuarantine(disk);
  const names = files.map(({ name }) => name.replace(UNREADABLE, ""));
  const lastNumber = Math.max(0, ...names.map((name) => segmentNumber(name) ?? 0));
  const merged = merge(segments, acknowledged.state);
  return {
    ...merged,
    segments: segments.map(({ number, name, size }) => ({ number, name, size })),
    nextNumber: lastNumber + 1,
    report: {
      documents: merged.records.reduce((sum, { header }) => sum + header.documents, 0),
      batches: merged.records.length,
      lostDocuments: merged.lostDocuments,
      damagedBytes,
      unfinishedBytes,
      quarantined,
      acknowledgementsReadable: acknowledged.readable,
    },
  };
}

type Acknowledgements = { readonly state: Acknowledged | undefined; readonly readable: boolean };

async function readAcknowledged(disk: Disk): Promise<Acknowledgements> {
  try {
    const state = decodeAcknowledged(await disk.readAll(ACKNOWLEDGEMENT_FILE));
    return { state, readable: state !== undefined };
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    return { state: undefined, readable: true };
  }
}

type Merged = Pick<Recovery, "records" | "done" | "nextSequence" | "nextDocument"> & {
  readonly lostDocuments: number;
};

/** One list of what still has to be sent, out of all records found and everything known to be done. */
function merge(segments: readonly Read[], acknowledged: Acknowledged | undefined): Merged {
  const done = new SequenceSet(acknowledged?.done.ranges);
  const found = segments
    .flatMap(({ number, records }) => records.map((record) => ({ segment: number, ...record })))
    // The same record twice (written again after a failed sync): the intact one counts.
    .toSorted((a, b) => a.header.sequence - b.header.sequence || Number(b.intact) - Number(a.intact));
  const unique = found.filter(({ header }, index) => header.sequence !== found[index - 1]?.header.sequence);
  for (const { header, intact } of unique) if (intact && header.replaces > 0) done.add(header.replaces);

  const lostDocuments = countLost(unique, done, acknowledged);
  const waiting = unique.filter(({ header }) => !done.has(header.sequence));
  for (const { header, intact } of waiting) if (!intact) done.add(header.sequence);

  const last = unique.at(-1)?.header;
  return {
    done,
    records: waiting.filter(({ intact }) => intact),
    lostDocuments,
    nextSequence: Math.max(acknowledged?.nextSequence ?? 1, (last?.sequence ?? 0) + 1),
    nextDocument: Math.max(
      acknowledged?.nextDocument ?? 0,
      ...unique.slice(-1).map(({ header }) => header.firstDocument + header.documents),
    ),
  };
}

type Found = { readonly segment: number; readonly header: RecordHeader; readonly intact: boolean };
type Placed = {
  readonly segment: number;
  readonly header: Pick<RecordHeader, "sequence" | "firstDocument" | "documents">;
};

/** Documents that were accepted, not settled, and cannot be read any more. `done` knows of remainders by now. */
function countLost(
  records: readonly Found[],
  done: SequenceSet,
  acknowledged: Acknowledged | undefined,
): number {
  if (acknowledged === undefined || acknowledged.waitingDocuments === null) {
    return lostInGaps(records, done, acknowledged) + damagedIn(records, done);
  }
  const { nextSequence, nextDocument, waitingDocuments } = acknowledged;
  const below = records.filter(({ header }) => header.sequence < nextSequence);
  const above = records.filter(({ header }) => header.sequence >= nextSequence);
  // Done by the list or by a remainder that came after it: what was said to wait is found either way.
  const found = below.filter(
    ({ header, intact }) => !acknowledged.done.has(header.sequence) && (intact || done.has(header.sequence)),
  );
  const start: Placed = {
    segment: -1,
    header: { sequence: nextSequence - 1, firstDocument: nextDocument, documents: 0 },
  };
  return (
    Math.max(0, waitingDocuments - sumDocuments(found)) +
    lostInGaps([start, ...above], done, { nextSequence: 0, nextDocument: 0 }) +
    damagedIn(above, done, below)
  );
}

/** Documents of records whose header can be read and whose payload cannot, and which nothing stands in for. */
function damagedIn(records: readonly Found[], done: SequenceSet, older: readonly Found[] = []): number {
  const waiting = [...older, ...records].filter(({ header }) => !done.has(header.sequence));
  const intact = new Set(waiting.filter((record) => record.intact).map(({ header }) => header.sequence));
  return sumDocuments(
    records.filter(
      (record) => !record.intact && !done.has(record.header.sequence) && !intact.has(record.header.replaces),
    ),
  );
}

function sumDocuments(records: readonly Found[]): number {
  return records.reduce((sum, { header }) => sum + header.documents, 0);
}

/**
 * Documents of records that are missing altogether. Exact for a single record; where settled and waiting records are
 * missing side by side, the whole gap is counted, so the number is never too small.
 */
function lostInGaps(
  records: readonly Placed[],
  done: SequenceSet,
  acknowledged: Pick<Acknowledged, "nextSequence" | "nextDocument"> | undefined,
): number {
  let lost = 0;
  for (const [index, { segment, header }] of records.entries()) {
    const next = records[index + 1];
    const nextSequence = next?.header.sequence ?? acknowledged?.nextSequence ?? 0;
    const nextDocument = next?.header.firstDocument ?? acknowledged?.nextDocument ?? 0;
    const missing = nextDocument - (header.firstDocument + header.documents);
    // Without the file of settled batches a removed segment looks like a lost one.
    const unknowable = acknowledged === undefined && next?.segment !== segment;
    if (missing <= 0 || unknowable) continue;
    for (let sequence = header.sequence + 1; sequence < nextSequence; sequence += 1) {
      if (done.has(sequence)) continue;
      lost += missing;
      break;
    }
  }
  return lost;
}

async function boundQuarantine(disk: Disk): Promise<void> {
  const files = (await disk.list())
    .filter(({ name }) => name.endsWith(UNREADABLE))
    .toSorted((a, b) => a.name.localeCompare(b.name));
  let bytes = files.reduce((sum, { size }) => sum + size, 0);
  for (const file of files) {
    if (bytes <= QUARANTINE_BYTES) return;
    await disk.remove(file.name);
    bytes -= file.size;
  }
}
