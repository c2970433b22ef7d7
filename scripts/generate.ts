/**
 * Writes every file that is made from code: `npm run generate`. With `--check` it writes nothing and fails when a
 * committed file differs, so that CI finds a forgotten run.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { goldenFiles } from "../alerts/index.ts";
import { configurationReference, configurationSchema } from "./generate/configuration.ts";
import { commandsReference } from "./generate/commands.ts";
import { errorsReference } from "./generate/errors.ts";
import { metricsReference } from "./generate/metrics.ts";
import { limitsReference } from "./generate/limits.ts";
import { recordsReference } from "./generate/records.ts";

/** Folders that hold nothing but generated files: what is not made any more goes. */
const OWN_FOLDERS = ["generated"];

const files = new Map([
  ["generated/lagline.schema.json", configurationSchema()],
  ["docs/reference/configuration.md", configurationReference()],
  ["docs/reference/limits.md", limitsReference()],
  ["docs/reference/records.md", recordsReference()],
  ["docs/reference/metrics.md", metricsReference()],
  ["docs/reference/errors.md", errorsReference()],
  ["docs/reference/commands.md", commandsReference()],
  ...(await goldenFiles()),
]);
const present = OWN_FOLDERS.flatMap((folder) => list(folder));
const stale = present.filter((path) => !files.has(path));
const changed = [...files].filter(([path, text]) => read(path) !== text).map(([path]) => path);

if (process.argv.includes("--check")) {
  for (const path of [...stale, ...changed]) {
    console.error(`${path} is not what the code makes.`);
  }
  console.log(
    stale.length + changed.length === 0
      ? `${files.size} generated files are up to date.`
      : "Run `npm run generate` and commit the result.",
  );
  process.exitCode = stale.length + changed.length === 0 ? 0 : 1;
} else {
  for (const path of stale) {
    rmSync(path);
  }
  for (const path of changed) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, files.get(path) ?? "");
  }
  console.log(`${files.size} generated files, ${changed.length} changed, ${stale.length} removed.`);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
