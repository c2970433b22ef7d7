/** Files that only their owner may read, replaced whole. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** Writes under another name first, so that a crash leaves the old content or the new, never a part of it. */
export function writePrivateFile(path: string, text: string): void {
  makePrivateDirectory(dirname(path));
  const draft = `${path}.${randomBytes(4).toString("hex")}.new`;
  const file = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
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
