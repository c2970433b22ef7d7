import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CertificateMaker, CertificateOrder } from "../../tests/fakes/certificates.ts";
import { createCertificateMaker } from "../../tests/fakes/certificates.ts";
import type { Expiry } from "./expiry.ts";
import { daysLeft, describeEnd, expiryOfChain, expiryOfFile } from "./expiry.ts";

const DAY_MS = 86_400_000;
const FILE = { setting: "elasticsearch.tls.ca_file", path: "/run/secrets/ca", renewal: "Renew it." };
const SERVER = { origin: "https://es:9200", hasOwnAuthority: true, renewal: "Renew it." };
let maker: CertificateMaker;
beforeEach(() => {
  maker = createCertificateMaker();
});
afterEach(() => {
  maker.remove();
});

const parsed = (order: CertificateOrder): X509Certificate =>
  new X509Certificate(maker.make(order).certificate);
const left = (expiry: Expiry | undefined): number | undefined =>
  expiry === undefined ? undefined : daysLeft(expiry, Date.now() - 60_000);

test.each(["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])(
  "a file that holds %j has no end",
  (text) => {
    expect(expiryOfFile(FILE, text)).toBeUndefined();
  },
);

test("of several authorities in a file the last to end counts, and the sentence names file, setting and name", () => {
  const old = maker.make({ commonName: "old", isAuthority: true, days: -1 });
  const fresh = maker.make({ commonName: "fresh", isAuthority: true, days: 40 });
  const expiry = expiryOfFile(FILE, `${fresh.certificate}\n${old.certificate}`);
  expect(left(expiry)).toBe(40);
  expect(expiry).toMatchObject({
    of: "elasticsearch.tls.ca_file",
    what: "The certificate in /run/secrets/ca (elasticsearch.tls.ca_file, CN=fresh)",
    isAuthority: true,
  });
});

test("a chain ends with the first certificate in it, and it is said which one that is", () => {
  const chain = (leaf: number, authority: number): readonly X509Certificate[] => {
    const issuer = maker.make({ commonName: "authority", isAuthority: true, days: authority });
    return [parsed({ commonName: "node", issuer, days: leaf }), new X509Certificate(issuer.certificate)];
  };
  const leafFirst = expiryOfChain(SERVER, chain(5, 50));
  expect(left(leafFirst)).toBe(5);
  expect(leafFirst).toMatchObject({
    of: "https://es:9200",
    what: "The certificate that https://es:9200 presents (CN=node)",
    isAuthority: false,
  });
  const authorityFirst = expiryOfChain(SERVER, chain(50, 5));
  expect(left(authorityFirst)).toBe(5);
  expect(authorityFirst).toMatchObject({
    what: "The authority (CN=authority) of the certificate that https://es:9200 presents",
    isAuthority: true,
  });
});

test("an authority that the system knows is left out: a server may send an old one along", () => {
  const issuer = maker.make({ commonName: "old root", isAuthority: true, days: -1 });
  const chain = [parsed({ commonName: "node", issuer, days: 50 }), new X509Certificate(issuer.certificate)];
  expect(left(expiryOfChain({ ...SERVER, hasOwnAuthority: false }, chain))).toBe(50);
  expect(left(expiryOfChain(SERVER, chain))).toBe(-1);
});

test("a certificate that is its own authority counts", () => {
  const own = parsed({ commonName: "self", days: 7 });
  expect(left(expiryOfChain({ ...SERVER, hasOwnAuthority: false }, [own]))).toBe(7);
});

test("a server without a certificate has no end", () => {
  expect(expiryOfChain(SERVER, [])).toBeUndefined();
});

test("a name of a server is cut", () => {
  // 64 characters are the most that openssl takes for a common name.
  const expiry = expiryOfChain(SERVER, [parsed({ commonName: "x".repeat(64) })]);
  expect(expiry?.what).toBe(`The certificate that https://es:9200 presents (CN=${"x".repeat(61)})`);
});

test.each([
  [-3, "ended on 2026-01-10 12:00 UTC"],
  [0, "ended on 2026-01-10 12:00 UTC"],
  [0.5, "ends within a day, on 2026-01-10 12:00 UTC"],
  [1.5, "ends in 1 day, on 2026-01-10 12:00 UTC"],
  [29.9, "ends in 29 days, on 2026-01-10 12:00 UTC"],
])("%d days before its end it is said so", (days, words) => {
  const endsMs = Date.UTC(2026, 0, 10, 12);
  const expiry: Expiry = { of: "x", what: "It", endsMs, isAuthority: false, renewal: "" };
  expect(describeEnd(expiry, endsMs - days * DAY_MS)).toBe(`It ${words}`);
});
