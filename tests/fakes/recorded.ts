/** The recorded Burrow bodies of tests/fixtures/burrow, with the path and status their README notes. */
import { readFileSync, readdirSync } from "node:fs";

const folder = new URL("../fixtures/burrow/", import.meta.url);

export type RecordedBody = {
  readonly file: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
};

/** Every row of the table in the README whose file exists. */
export function recordedBodies(): readonly RecordedBody[] {
  const rows = readFileSync(new URL("README.md", folder), "utf8").matchAll(
    /^\| `(?<file>[^`]+)` \| `(?<path>[^`]+)` \| (?<status>\d{3}) \|/gm,
  );
  return [...rows].map(({ groups }) => {
    const { file = "", path = "", status = "" } = groups ?? {};
    return { file, path, status: Number(status), body: readRecorded(file) };
  });
}

export function recordedFiles(): readonly string[] {
  return readdirSync(folder).filter((name) => name !== "README.md");
}

export function readRecorded(file: string): string {
  return readFileSync(new URL(file, folder), "utf8");
}
