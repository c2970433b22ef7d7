/** What was last said of a group, as bytes and back: part of the layout of `history-codec.ts`. */
import { VERDICTS, type Verdict } from "../../model/verdicts.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import type { GroupState } from "./group-state.ts";
import { verdictOf } from "./hysteresis.ts";

export function writeTrusted(writer: ByteWriter, state: GroupState): void {
  const { trusted } = state;
  writer.uint(trusted === null ? 0 : 1);
  if (trusted === null) return;
  writer.uint(VERDICTS[trusted.verdict].code);
  writer.text(trusted.cause);
  writer.float(trusted.objectiveRatio ?? Number.NaN);
  writer.uint(trusted.totalLag);
}

export function readTrusted(reader: ByteReader, state: GroupState): void {
  if (reader.uint() === 0) return;
  const verdict = readVerdict(reader);
  const cause = reader.text();
  const ratio = reader.float();
  state.trusted = {
    verdict,
    cause,
    objectiveRatio: Number.isNaN(ratio) ? null : ratio,
    totalLag: reader.uint(),
  };
}

export function writePeak(writer: ByteWriter, { peak }: GroupState): void {
  writer.uint(peak === null ? 0 : 1);
  if (peak === null) return;
  writer.float(peak.timeLag);
  writer.uint(peak.lag);
  writer.uint(peak.partitions);
  writer.text(peak.cause);
}

export function readPeak(reader: ByteReader, state: GroupState): void {
  if (reader.uint() === 0) return;
  const timeLag = reader.float();
  const lag = reader.uint();
  const partitions = reader.uint();
  state.peak = { timeLag, lag, partitions, cause: reader.text() };
}

export function readVerdict(reader: ByteReader): Verdict {
  return verdictOf(reader.uint());
}
