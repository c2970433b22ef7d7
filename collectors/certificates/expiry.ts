/** When certificates end, and how that is said. Pure. */
import { X509Certificate } from "node:crypto";
import { isSelfSigned } from "./chain.ts";

export type Expiry = {
  /** Whose end it is, in a bounded number of words: a setting, or the address of a server. */
  readonly of: string;
  /** Subject of a sentence about it. */
  readonly what: string;
  /** Epoch ms. */
  readonly endsMs: number;
  /** True where an authority ends, so that every certificate by it does. */
  readonly isAuthority: boolean;
  /** A sentence: what a person does about it. */
  readonly renewal: string;
};

const DAY_MS = 86_400_000;
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Names come from the server; more of them says nothing. */
const NAME_CHARACTERS = 64;

/**
 * Of several certificates in one file the last to end counts: the old authority beside the new one is how authorities are
 * rotated. Undefined where the file holds none that can be read.
 */
export function expiryOfFile(
  about: { readonly setting: string; readonly path: string; readonly renewal: string },
  pem: string,
): Expiry | undefined {
  const last = certificatesIn(pem).toSorted((a, b) => endOf(b) - endOf(a))[0];
  return last === undefined
    ? undefined
    : {
        of: about.setting,
        what: `The certificate in ${about.path} (${about.setting}, ${nameOf(last)})`,
        endsMs: endOf(last),
        isAuthority: last.ca,
        renewal: about.renewal,
      };
}

/**
 * The first certificate of the chain to end: from then on nothing by it is believed. An authority that this host knows by
 * itself is left out, because a server may send an old one along that nobody needs.
 */
export function expiryOfChain(
  about: { readonly origin: string; readonly hasOwnAuthority: boolean; readonly renewal: string },
  chain: readonly X509Certificate[],
): Expiry | undefined {
  const counted = chain.filter(
    (certificate, index) => index === 0 || about.hasOwnAuthority || !isSelfSigned(certificate),
  );
  const first = counted.toSorted((a, b) => endOf(a) - endOf(b))[0];
  if (first === undefined) return undefined;
  const isOwn = first === chain[0];
  return {
    of: about.origin,
    what: isOwn
      ? `The certificate that ${about.origin} presents (${nameOf(first)})`
      : `The authority (${nameOf(first)}) of the certificate that ${about.origin} presents`,
    endsMs: endOf(first),
    isAuthority: !isOwn,
    renewal: about.renewal,
  };
}

/** Whole days until the end; below 0 when it is over. */
export function daysLeft({ endsMs }: Expiry, nowMs: number): number {
  return Math.floor((endsMs - nowMs) / DAY_MS);
}

/** One sentence without its last dot: which certificate, how long, until when. */
export function describeEnd(expiry: Expiry, nowMs: number): string {
  const { what, endsMs } = expiry;
  const date = `${new Date(endsMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  if (endsMs <= nowMs) return `${what} ended on ${date}`;
  const days = daysLeft(expiry, nowMs);
  return `${what} ends ${days === 0 ? "within a day" : `in ${days} ${days === 1 ? "day" : "days"}`}, on ${date}`;
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  return [...pem.matchAll(BLOCK)].flatMap(([block]) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

function endOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

function nameOf({ subject }: X509Certificate): string {
  // A certificate without any name has no subject at all.
  const parts: readonly string[] = (subject ?? "").split("\n");
  const name = parts.findLast((part) => part.startsWith("CN=")) ?? parts.at(-1) ?? "";
  return name === "" ? "without a name" : name.slice(0, NAME_CHARACTERS);
}
