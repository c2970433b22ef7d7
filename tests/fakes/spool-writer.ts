/**
 * A process that uses a spool and is killed by tests. It appends numbered documents, prints `+<from>-<to>` once an
 * append is durable, settles some batches and prints `-<from>-<to>` before it does.
 * Arguments: directory, first number, appends to make (0: until killed), optional bytes of the spool.
 */
import { writeSync } from "node:fs";
import { openSpool } from "../../collectors/spool/open.ts";
import { describeError, LaglineError } from "../../model/errors.ts";

const [directory = "", first = "0", appends = "0", maxBytes] = process.argv.slice(2);
const DOCUMENTS = 20;

function batchFrom(from: number): {
  ndjson: Buffer;
  documents: number;
  minTimestampMs: number;
  maxTimestampMs: number;
} {
  const lines = Array.from(
    { length: DOCUMENTS },
    (_, index) => `{"id":${from + index},"group":"a group","lag":${index}}\n`,
  );
  return { ndjson: Buffer.from(lines.join("")), documents: DOCUMENTS, minTimestampMs: 0, maxTimestampMs: 0 };
}

try {
  const { spool, recovery, brokeLockOf } = await openSpool({
    directory,
    version: "test",
    segmentBytes: 1_024,
    acknowledgeIntervalMs: 5,
    ...(maxBytes === undefined ? {} : { maxBytes: Number(maxBytes) }),
  });
  writeSync(1, `open ${JSON.stringify({ ...recovery, brokeLockOf })}\n`);
  let next = Number(first);
  const limit = appends === "0" ? Number.POSITIVE_INFINITY : Number(appends);
  for (let count = 0; count < limit; count += 1) {
    // Two batches per append: they must surface together.
    await spool.append([batchFrom(next), batchFrom(next + DOCUMENTS)]);
    writeSync(1, `+${next}-${next + 2 * DOCUMENTS - 1}\n`);
    next += 2 * DOCUMENTS;
    if (count % 3 !== 2) continue;
    const lease = await spool.take();
    if (lease === undefined) continue;
    const lines = lease.ndjson.toString("utf8").split("\n").slice(0, -1);
    const ids = lines.map((line) => /"id":(\d+)/.exec(line)?.[1] ?? "");
    const half = lines.slice(lines.length / 2).map((line) => `${line}\n`);
    // Half is stored, half is sent again: exercises the replacement of a record.
    const keepHalf = count % 2 === 0;
    writeSync(1, `-${ids.slice(0, keepHalf ? lines.length / 2 : undefined).join(",")}\n`);
    // Now and then the last settled document is a dead letter.
    const letter = {
      document: lines[0] ?? "",
      errorType: "e",
      reason: "r",
      status: 400,
      firstSeenMs: 0,
      attempts: 1,
    };
    const deadLetters = count % 2 === 1 ? [letter] : [];
    const remaining = { ...lease, ndjson: Buffer.from(half.join("")), documents: half.length };
    const settlement = {
      stored: lease.documents - deadLetters.length - (keepHalf ? half.length : 0),
      duplicate: 0,
      deadLetters,
      remaining: keepHalf ? remaining : null,
    };
    // As the shipper does: what cannot be written down is tried again later.
    await spool.settle(lease, settlement).catch(() => {
      spool.release(lease);
    });
  }
  writeSync(1, `stats ${JSON.stringify(spool.stats())}\n`);
  await spool.close();
  writeSync(1, "closed\n");
} catch (error) {
  const code = error instanceof LaglineError ? error.code : "OTHER";
  writeSync(1, `error ${code} ${describeError(error)}\n`);
  process.exitCode = 1;
}
