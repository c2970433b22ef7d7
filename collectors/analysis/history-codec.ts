/**
 * The memory of the analysis as bytes and back: `LAGH`, format version, cluster, body, CRC-32 of all before it. About
 * 60 bytes per partition and 5 per point of end-offset history. Bytes of another version, another cluster, or with a wrong
 * checksum are refused as a whole: a wrong past is worse than none.
 */
import { crc32 } from "node:zlib";
import { VERDICTS } from "../../model/verdicts.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { newGroupState, type GroupState } from "./group-state.ts";
import { readPeak, readTrusted, readVerdict, writePeak, writeTrusted } from "./history-judgement.ts";
import { Memory } from "./memory.ts";
import { TREND_POINTS } from "./trend.ts";

const MAGIC = "LAGH";
/** Raise with every change of the layout below. */
const VERSION = 2;
const CRC_BYTES = 4;

export function encodeHistory(memory: Memory, cluster: string): Uint8Array {
  const writer = new ByteWriter();
  writer.text(MAGIC);
  writer.uint(VERSION);
  writer.text(cluster);
  writer.uint(memory.hasPast ? 1 : 0);
  writer.uint(memory.lastTickMs);
  memory.gates.write(writer);
  writer.texts(memory.owners.all());
  writeTopics(writer, memory);
  writer.uint(memory.groups.size);
  for (const state of memory.groups.values()) writeGroup(writer, memory, state);
  // Megabytes: nothing of it is copied.
  writer.uint32(crc32(writer.done()));
  return writer.done();
}

/** The memory that was written, or null when the bytes cannot be trusted. */
export function decodeHistory(bytes: Uint8Array, cluster: string): Memory | null {
  if (bytes.byteLength <= CRC_BYTES) return null;
  const body = bytes.subarray(0, bytes.byteLength - CRC_BYTES);
  const stated = new DataView(bytes.buffer, bytes.byteOffset + body.length, CRC_BYTES).getUint32(0, true);
  if (crc32(body) !== stated) return null;
  try {
    return readMemory(new ByteReader(body), cluster);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readMemory(reader: ByteReader, cluster: string): Memory | null {
  if (reader.text() !== MAGIC || reader.uint() !== VERSION || reader.text() !== cluster) return null;
  const memory = new Memory();
  memory.hasPast = reader.uint() === 1;
  memory.lastTickMs = reader.uint();
  memory.gates.read(reader);
  for (const owner of reader.texts()) memory.owners.number(owner);
  readTopics(reader, memory);
  const groups = reader.count();
  for (let index = 0; index < groups; index++) readGroup(reader, memory);
  return reader.atEnd() ? memory : null;
}

function writeTopics(writer: ByteWriter, memory: Memory): void {
  const topics = memory.topics.all();
  writer.uint(topics.size);
  for (const state of topics.values()) {
    writer.text(state.topic);
    writer.uint(state.seenMs);
    writer.uint(state.activity);
    writer.uint(state.slots.length);
    for (const slot of state.slots) {
      const count = slot < 0 ? 0 : memory.history.count(slot);
      writer.uint(count);
      let time = 0;
      let offset = 0;
      for (let point = 0; point < count; point++) {
        const pointTime = memory.history.unitsAt(slot, point);
        const pointOffset = memory.history.offsetAt(slot, point);
        writer.uint(pointTime - time);
        writer.uint(pointOffset - offset);
        time = pointTime;
        offset = pointOffset;
      }
    }
  }
}

function readTopics(reader: ByteReader, memory: Memory): void {
  const topics = reader.count();
  for (let index = 0; index < topics; index++) {
    const name = reader.text();
    const state = memory.topics.get(name, reader.uint());
    state.activity = reader.uint();
    const partitions = reader.count();
    for (let partition = 0; partition < partitions; partition++) {
      const count = reader.uint();
      if (count === 0) continue;
      const slot = memory.topics.slot(state, partition);
      let time = 0;
      let offset = 0;
      for (let point = 0; point < count; point++) {
        time += reader.uint();
        offset += reader.uint();
        memory.history.restore(slot, time, offset);
      }
    }
  }
}

function writeGroup(writer: ByteWriter, memory: Memory, state: GroupState): void {
  writer.text(state.group);
  writer.uint(VERDICTS[state.settled.verdict].code);
  writer.uint(VERDICTS[state.settled.pending].code);
  writer.uint(state.settled.pendingTicks);
  for (const time of timesOf(state)) writer.uint(time);
  writer.uint((state.verdictGiven ? 1 : 0) + (state.vanishedReported ? 2 : 0));
  writer.uint(state.activity);
  writer.texts(state.owners);
  writer.texts(state.lastOwners);
  writer.float(state.usualProduce);
  writer.float(state.usualConsume);
  writeTrusted(writer, state);
  writePeak(writer, state);
  writer.uint(state.trend.count);
  for (let point = 0; point < state.trend.count; point++) {
    writer.uint(state.trend.times[point] ?? 0);
    writer.uint(state.trend.lags[point] ?? 0);
  }
  writer.uint(state.rows.size);
  for (const [topic, rows] of state.rows) {
    writer.text(topic);
    writer.uint(rows.length);
    for (const row of rows) {
      writer.uint(row < 0 ? 0 : 1);
      if (row >= 0) writeRow(writer, memory, row);
    }
  }
}

function timesOf(state: GroupState): readonly number[] {
  return [
    state.verdictSinceMs,
    state.firstSeenMs,
    state.readAtMs,
    state.lastCommitMs,
    state.missingSinceMs,
    state.growingSinceMs,
    state.ownersLeftMs,
  ].map((time) => Math.max(0, Math.round(time)));
}

function readGroup(reader: ByteReader, memory: Memory): void {
  const state = newGroupState(reader.text(), 0);
  state.settled.verdict = readVerdict(reader);
  state.settled.pending = readVerdict(reader);
  state.settled.pendingTicks = reader.uint();
  state.verdictSinceMs = reader.uint();
  state.firstSeenMs = reader.uint();
  state.readAtMs = reader.uint();
  state.lastCommitMs = reader.uint();
  state.missingSinceMs = reader.uint();
  state.growingSinceMs = reader.uint();
  state.ownersLeftMs = reader.uint();
  const flags = reader.uint();
  state.verdictGiven = (flags & 1) !== 0;
  state.vanishedReported = (flags & 2) !== 0;
  state.activity = reader.uint();
  state.owners = reader.texts();
  state.lastOwners = reader.texts();
  state.usualProduce = reader.float();
  state.usualConsume = reader.float();
  readTrusted(reader, state);
  readPeak(reader, state);
  const points = reader.uint();
  if (points > TREND_POINTS) throw new RangeError("Trend is longer than its ring.");
  for (let point = 0; point < points; point++) state.trend.push(reader.uint(), reader.uint());
  memory.groups.set(state.group, state);
  const topics = reader.count();
  for (let index = 0; index < topics; index++) readRows(reader, memory, state);
}

function readRows(reader: ByteReader, memory: Memory, state: GroupState): void {
  const topic = memory.topics.get(reader.text(), memory.lastTickMs);
  const count = reader.count();
  for (let partition = 0; partition < count; partition++) {
    if (reader.uint() === 0) continue;
    const slot = memory.topics.slot(topic, partition);
    readRow(reader, memory, memory.row(state, { topic: topic.topic, partition, slot }));
  }
}

/** Times of a row are near its last reading, so they are written as differences. */
function writeRow(writer: ByteWriter, memory: Memory, row: number): void {
  const { table } = memory;
  const base = Math.round(table.readAtMs[row] ?? 0);
  writer.uint(base);
  writer.int(Math.round((table.commitAtMs[row] ?? 0) - base));
  writer.int(Math.round((table.movedAtMs[row] ?? 0) - base));
  writer.int(Math.round((table.verdictSinceMs[row] ?? 0) - base));
  // Damaged commit stamps can exceed what an integer holds exactly.
  writer.float(table.commitStampMs[row] ?? 0);
  writer.uint(table.observedMs[row] ?? 0);
  writer.optional(table.committed[row] ?? Number.NaN);
  writer.optional(table.rewindFrom[row] ?? Number.NaN);
  writer.uint(table.lag[row] ?? 0);
  writer.single(table.consumeRate[row] ?? Number.NaN);
  writer.single(table.lagVelocity[row] ?? Number.NaN);
  writer.single(table.commitGap[row] ?? 0);
  writer.uint(table.owner[row] ?? 0);
  writer.uint(table.ticks[row] ?? 0);
  writer.uint(table.verdict[row] ?? 0);
  writer.uint(table.pending[row] ?? 0);
  writer.uint(table.pendingTicks[row] ?? 0);
  writer.uint(table.staleTicks[row] ?? 0);
}

function readRow(reader: ByteReader, memory: Memory, row: number): void {
  const { table } = memory;
  const base = reader.uint();
  table.readAtMs[row] = base;
  for (const time of [table.commitAtMs, table.movedAtMs, table.verdictSinceMs])
    time[row] = base + reader.int();
  table.commitStampMs[row] = reader.float();
  table.observedMs[row] = reader.uint();
  table.committed[row] = reader.optional();
  table.rewindFrom[row] = reader.optional();
  table.lag[row] = reader.uint();
  table.consumeRate[row] = reader.single();
  table.lagVelocity[row] = reader.single();
  table.commitGap[row] = reader.single();
  for (const column of [
    table.owner,
    table.ticks,
    table.verdict,
    table.pending,
    table.pendingTicks,
    table.staleTicks,
  ]) {
    column[row] = reader.uint();
  }
}
