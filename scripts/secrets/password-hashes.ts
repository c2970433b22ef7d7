/**
 * The `users` file of Elasticsearch's file realm: one `name:hash` per line. A hash has a random salt, so one that fits
 * its password is kept: the file changes only when a password does.
 */
import { pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

/** Elasticsearch's `{PBKDF2}` is PBKDF2 with HMAC-SHA-512, and both parts are 32 bytes in base64. */
const PATTERN = /^\{PBKDF2\}(\d+)\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/;
const BYTES = 32;
/**
 * The fewest that Elasticsearch accepts. Stretching makes guesses dear; 256 random bits cannot be guessed, and each
 * request pays for it until Elasticsearch has cached the answer.
 */
const ITERATIONS = 1000;

export function hashPassword(password: string): string {
  const salt = randomBytes(BYTES);
  return `{PBKDF2}${ITERATIONS}$${salt.toString("base64")}$${derive(password, salt, ITERATIONS).toString("base64")}`;
}

export function fitsPassword(hash: string, password: string): boolean {
  const [, iterations, salt, expected] = PATTERN.exec(hash) ?? [];
  if (iterations === undefined || salt === undefined || expected === undefined) return false;
  const wanted = Buffer.from(expected, "base64");
  const found = derive(password, Buffer.from(salt, "base64"), Number(iterations));
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

/** The file for these users; lines of `existing` that fit are taken over. */
export function usersFile(passwords: ReadonlyMap<string, string>, existing: string): string {
  const known = new Map(
    existing.split("\n").flatMap((line) => {
      const colon = line.indexOf(":");
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
  return [...passwords]
    .map(([name, password]) => {
      const hash = known.get(name);
      return `${name}:${hash !== undefined && fitsPassword(hash, password) ? hash : hashPassword(password)}\n`;
    })
    .join("");
}

function derive(password: string, salt: Buffer, iterations: number): Buffer {
  return pbkdf2Sync(password, salt, iterations, BYTES, "sha512");
}
