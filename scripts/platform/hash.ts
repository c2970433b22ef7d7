/** Hashes that decide whether something must be built again. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Anything JSON can hold; key order does not matter to the hash. */
export type HashInput =
  | string
  | number
  | boolean
  | null
  | readonly HashInput[]
  | { readonly [key: string]: HashInput };

export function hashInputs(input: HashInput): string {
  return createHash("sha256").update(canonicalJson(input)).digest("hex");
}

export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Relative path → SHA-256 of every file below a folder. */
export async function hashFolder(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashes: Record<string, string> = {};
  for (const file of files.toSorted()) hashes[file.slice(folder.length + 1)] = await hashFile(file);
  return hashes;
}

function canonicalJson(input: HashInput): string {
  if (Array.isArray(input)) return `[${input.map((item) => canonicalJson(item)).join(",")}]`;
  if (typeof input === "object" && input !== null) {
    const pairs = Object.entries(input).toSorted(([left], [right]) => (left < right ? -1 : 1));
    return `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${canonicalJson(value)}`).join(",")}}`;
  }
  return JSON.stringify(input);
}
