/**
 * The collector's compiled code beside its source, so that a start need not parse and compile it: V8's code cache for the
 * whole file. A cache that V8 cannot use (another Node, other V8 flags, another source) is left aside, and the source is
 * compiled as ever; nothing but time depends on it.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script, constants } from "node:vm";
import { crc32 } from "node:zlib";

/** Around the bundled code, which is CommonJS. */
export const WRAPPER_HEAD = "(function (require, __filename, __dirname) {";
export const WRAPPER_TAIL = "})";
/** V8 itself compares lengths only, so a checksum of the source stands before the cache. */
export const CHECKSUM_BYTES = 4;

type Main = (require: NodeJS.Require, file: string, directory: string) => void;

export const CACHE_SUFFIX = ".cache";

/** The cache of a source file for this Node with the flags it runs with: V8 takes no other. */
export function cachePath(file: string): string {
  return `${file}.${cachedDataVersionTag().toString(16)}${CACHE_SUFFIX}`;
}

/** The program in `file`, compiled, from its cache where that can be used. */
export function readScript(file: string): Script {
  const source = readFileSync(file);
  const cachedData = readCache(file, source);
  return new Script(source.toString("latin1"), {
    filename: file,
    // Node takes a dynamic import() of a script for an error without it.
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
}

/** Runs what `readScript` gave. */
export function runScript(script: Script, file: string): void {
  const main: Main = script.runInThisContext();
  main(createRequire(file), file, dirname(file));
}

function readCache(file: string, source: Buffer): Buffer | undefined {
  try {
    const stored = readFileSync(cachePath(file));
    return stored.readUInt32LE(0) === crc32(source) ? stored.subarray(CHECKSUM_BYTES) : undefined;
  } catch {
    // Missing, unreadable or cut short: the source is enough.
    return undefined;
  }
}
