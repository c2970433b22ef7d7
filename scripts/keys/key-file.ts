/** Files with API keys: which key one holds, whether it can be replaced, and replacing it. */
import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { LaglineError } from "../../model/errors.ts";
import type { Owner } from "../secrets/private-file.ts";
import { makePrivateDirectory, writePrivateFile } from "../secrets/private-file.ts";

/** Undefined where there is no such file, or it is empty. @throws LaglineError `LAGLINE_KEYS_FILE` */
export function readKey(file: string): string | undefined {
  try {
    const key = readFileSync(file, "utf8")
      .trim()
      .replace(/^ApiKey\s+/i, "");
    return key === "" ? undefined : key;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw unusable(file, error);
  }
}

/** Id of the key in a file: the first half of what is encoded. Undefined for anything else. */
export function heldKeyId(file: string): string | undefined {
  const key = readKey(file);
  return key === undefined ? undefined : /^([A-Za-z0-9_-]{8,64}):./.exec(decode(key))?.[1];
}

function decode(key: string): string {
  return Buffer.from(key, "base64").toString("utf8");
}

/** Asked before a key is made: one that cannot be written down would be lost. @throws LaglineError `LAGLINE_KEYS_FILE` */
export function requireWritable(file: string): void {
  try {
    const folder = dirname(place(file));
    makePrivateDirectory(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (existsSync(file) && !statSync(file).isFile()) throw new Error("it is no file");
  } catch (error) {
    throw unusable(file, error);
  }
}

/**
 * Replaces it whole, 0600. It belongs to who had the file before, and a new one to who has the folder: a person who is
 * root makes keys for a collector that is not.
 * @throws LaglineError `LAGLINE_KEYS_FILE`
 */
export function writeKey(file: string, text: string): void {
  const target = place(file);
  try {
    const { uid, gid } = statSync(existsSync(target) ? target : dirname(target));
    writePrivateFile(target, `${text}\n`, otherOwner({ uid, gid }));
  } catch (error) {
    throw unusable(file, error);
  }
}

/** Only root may give files away. */
function otherOwner(owner: Owner): Owner | undefined {
  return process.geteuid?.() === 0 && owner.uid !== 0 ? owner : undefined;
}

/** What a link points to; the link itself stays. */
function place(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}

function unusable(file: string, error: unknown): LaglineError {
  const code = codeOf(error);
  const why =
    code === "EROFS"
      ? "its file system is read-only"
      : code === "EACCES" || code === "EPERM"
        ? "this user may not write there"
        : (code ?? (error instanceof Error ? error.message : "unknown error"));
  return new LaglineError({
    code: "LAGLINE_KEYS_FILE",
    message: `The file ${file} for an API key cannot be used: ${why}.`,
    hint: "Run the command where the file can be written, as its owner or as root. No key was made for it.",
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
