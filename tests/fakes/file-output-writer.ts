/**
 * A process that writes documents to files as the collector does, until it is killed or three cycles are missing. Prints
 * `+<cycle>` after each cycle and `!<reason>` for one that is missing. Arguments: directory, first cycle, bytes of a file.
 */
import { writeSync } from "node:fs";
import { createFileOutput } from "../../collectors/outputs/file-output.ts";

const [directory = "", first = "0", fileBytes = "16384"] = process.argv.slice(2);
const DOCUMENTS = 10;

const missing: string[] = [];
const output = createFileOutput({
  directory,
  fileBytes: Number(fileBytes),
  files: 1000,
  events: {
    written: () => undefined,
    lost: ({ reason }) => {
      missing.push(reason);
      writeSync(1, `!${reason}\n`);
    },
    recovered: () => undefined,
  },
});

for (let number = Number(first); missing.length < 3; number += 1) {
  const cycle = output.begin();
  for (const part of [0, 1]) {
    const lines = Array.from(
      { length: DOCUMENTS },
      (_, index) => `{"cycle":${number},"document":${part * DOCUMENTS + index}}\n`,
    );
    const timestampMs = Date.UTC(2026, 0, 1) + number * 1_000;
    await cycle.write({
      ndjson: Buffer.from(lines.join("")),
      documents: DOCUMENTS,
      minTimestampMs: timestampMs,
      maxTimestampMs: timestampMs,
    });
  }
  cycle.commit();
  writeSync(1, `+${number}\n`);
}
await output.close();
