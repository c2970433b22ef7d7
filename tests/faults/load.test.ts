/**
 * The collector under load, as a process of its own (scripts/bench/load.ts). Only what a busy machine cannot change is
 * held to a bound here: documents, memory, open files. Rates and times: `npm run bench:load -- rate cycle --check --strict`.
 */
import process from "node:process";
import { execa } from "execa";
import { expect, test } from "vitest";

test.for([
  ["rate", "receives every one of 10,000 documents a second within 200 MiB"],
  ["cycle", "receives every document of 100,000 partitions a tick within 512 MiB"],
  ["idle", "needs no more than 128 MiB for 1,000 partitions"],
] as const)("%s: %s", { timeout: 240_000 }, async ([scenario]) => {
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    ["scripts/bench/load.ts", scenario, "--seconds", "20", "--check"],
    { reject: false },
  );
  process.stderr.write(stdout);
  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
});
