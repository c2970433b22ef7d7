/** Files that only their owner may read, replaced whole. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

export type Owner = { readonly uid: number; readonly gid: number };

/**
 * Writes under another name first, so that a crash leaves the old content or the new, never a part of it.
 * @param owner who may read it, where that is not who writes it.
 */
export function writePrivateFile(path: string, text: string, owner?: Owner): void {
  makePrivateDirectory(dirname(path));
  const draft = `${path}.${randomBytes(4).toString("hex")}.new`;
  const file = openSync(draft, "wx", 0o600);
  try {
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid);
    writeFileSync(file, text);
    fsyncSync(file);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

export function makePrivateDirectory(path: string): void {
  if (existsSync(path)) return;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
}

/** A password that nobody has to remember: 32 random bytes. */
export function randomPassword(): string {
  return randomBytes(32).toString("base64url");
}
