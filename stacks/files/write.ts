/** Writes a set of generated files: changed ones only, stale ones go. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Makes `directory` hold exactly `files`. Returns the paths that changed. Unchanged files keep their inode and time. */
export function writeFiles(directory: string, files: ReadonlyMap<string, string>): string[] {
  mkdirSync(directory, { recursive: true });
  const present = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  const stale = present.filter((path) => !files.has(path));
  for (const path of stale) {
    rmSync(join(directory, path));
  }
  const changed = [...files].filter(([path, text]) => read(join(directory, path)) !== text);
  for (const [path, text] of changed) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    // In place, not by rename: a container that has the file mounted sees the inode it was started with.
    writeFileSync(join(directory, path), text, { mode: 0o644 });
  }
  return [...stale, ...changed.map(([path]) => path)];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
