/** `_id` of a document, made of its identity. Pure. */
import { hash } from "node:crypto";

/** 132 bits: enough for any number of documents that an index can hold. */
const DIGEST_CHARACTERS = 22;
/** Ends the identity of a partition in shape `telegraf`; numbers only as JSON writes them, so that no two texts become one. */
const PARTITION = /"partition":"(0|[1-9]\d{0,8})"$/;

/**
 * The digest of the identity (SHA-256, 22 characters of base64url); of a partition in shape `telegraf` the digest of all that
 * is before its number, a hyphen, and the number: the partitions of a topic need one digest together.
 */
export function documentId(identity: string): string {
  const partition = PARTITION.exec(identity)?.[1];
  if (partition === undefined) return digest(identity);
  return `${digest(identity.slice(0, -partition.length - 1))}-${partition}`;
}

export function digest(identity: string | Buffer): string {
  return hash("sha256", identity, "base64url").slice(0, DIGEST_CHARACTERS);
}
