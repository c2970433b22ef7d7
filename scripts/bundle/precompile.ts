/**
 * Writes the code cache of a bundled script: `node [V8 flags] precompile.ts FILE`. It needs a process of its own, because V8's
 * flags decide which cache it takes, and must be the Node and the flags that will run the script.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { crc32 } from "node:zlib";
import { CHECKSUM_BYTES, cachePath, readScript } from "./code-cache.ts";

const file = process.argv[2] ?? "";
// Functions are usually compiled at their first call; here all of them, so that all of them are in the cache.
setFlagsFromString("--no-lazy");
const script = readScript(file);
// The flags are part of the cache's key: they must be those of an ordinary start when it is written.
setFlagsFromString("--lazy");
const checksum = Buffer.alloc(CHECKSUM_BYTES);
checksum.writeUInt32LE(crc32(readFileSync(file)));
writeFileSync(cachePath(file), Buffer.concat([checksum, script.createCachedData()]));
