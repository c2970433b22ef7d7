/**
 * The authority of a managed Elasticsearch and the certificates of its nodes, made with the openssl command. Keys go
 * from file to file: they are never an argument, an environment variable or a part of a message.
 */
import { execFileSync } from "node:child_process";
import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { dirname, join } from "node:path";
import { LaglineError } from "../../model/errors.ts";
import { makePrivateDirectory, writePrivateFile } from "./private-file.ts";

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** The longest that clients accept of a server's certificate without remarks. */
const NODE_DAYS = 825;
/** A third of the time is left when a certificate is renewed: a deployment that is touched once a year never expires. */
const RENEW_NODE_DAYS = 275;
/** Longer than a node's certificate lives, so that none outlives its authority. */
const RENEW_AUTHORITY_DAYS = NODE_DAYS + 30;

const AUTHORITY_EXTENSIONS = [
  "basicConstraints = critical,CA:TRUE,pathlen:0",
  "keyUsage = critical,keyCertSign,cRLSign",
  "subjectKeyIdentifier = hash",
];
const NODE_EXTENSIONS = [
  "basicConstraints = critical,CA:FALSE",
  "keyUsage = critical,digitalSignature",
  // Nodes are clients of each other.
  "extendedKeyUsage = serverAuth,clientAuth",
  "authorityKeyIdentifier = keyid",
];

export type AuthorityFiles = { readonly certificate: string; readonly key: string };
/** Names and addresses of a node; the first one is its common name. */
export type NodeOrder = { readonly path: string; readonly names: readonly string[] };
type Clock = { readonly nowMs: number };

/** Makes an authority unless there is one that lasts. @returns true when it was made. */
export function ensureAuthority(files: AuthorityFiles, commonName: string, { nowMs }: Clock): boolean {
  const existing = readCertificate(files.certificate);
  if (
    existing !== undefined &&
    isOwnKey(existing, files.key) &&
    lasts(existing, RENEW_AUTHORITY_DAYS, nowMs)
  ) {
    return false;
  }
  inWorkFolder(dirname(files.certificate), (path) => {
    writeFileSync(path("settings"), settings(AUTHORITY_EXTENSIONS));
    openssl("req", {
      ...newKey(path("key")),
      "-x509": "",
      "-sha256": "",
      "-days": String(AUTHORITY_DAYS),
      "-set_serial": serial(),
      "-config": path("settings"),
      "-subj": `/CN=${commonName}`,
      "-out": path("certificate"),
    });
    // A crash between the two leaves a key that does not fit, and the next run makes both again.
    writePrivateFile(files.key, readFileSync(path("key"), "utf8"));
    writePrivateFile(files.certificate, readFileSync(path("certificate"), "utf8"));
  });
  return true;
}

/** Makes key and certificate of a node, in one file, unless they fit the authority and the names and last. */
export function ensureNode(authority: AuthorityFiles, order: NodeOrder, { nowMs }: Clock): boolean {
  const existing = readCertificate(order.path);
  const issuer = readCertificate(authority.certificate);
  const fits =
    existing !== undefined &&
    issuer !== undefined &&
    existing.verify(issuer.publicKey) &&
    isOwnKey(existing, order.path) &&
    order.names.every((name) => isFor(existing, name)) &&
    lasts(existing, RENEW_NODE_DAYS, nowMs);
  if (!fits) makeNode(authority, order);
  return !fits;
}

function makeNode(authority: AuthorityFiles, { path: target, names }: NodeOrder): void {
  const alternatives = names.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`).join(",");
  inWorkFolder(dirname(target), (path) => {
    writeFileSync(path("settings"), settings([...NODE_EXTENSIONS, `subjectAltName = ${alternatives}`]));
    openssl("req", {
      ...newKey(path("key")),
      "-config": path("settings"),
      "-subj": `/CN=${names[0] ?? ""}`,
      "-out": path("request"),
    });
    openssl("x509", {
      "-req": "",
      "-sha256": "",
      "-in": path("request"),
      "-days": String(NODE_DAYS),
      "-set_serial": serial(),
      "-CA": authority.certificate,
      "-CAkey": authority.key,
      "-extfile": path("settings"),
      "-extensions": "extensions",
      "-out": path("certificate"),
    });
    const parts = [path("key"), path("certificate")].map((part) => readFileSync(part, "utf8").trim());
    writePrivateFile(target, `${parts.join("\n")}\n`);
  });
}

function isFor(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

/** True when the file holds the certificate's private key. */
function isOwnKey(certificate: X509Certificate, path: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(readText(path)));
  } catch {
    return false;
  }
}

function lasts(certificate: X509Certificate, days: number, nowMs: number): boolean {
  return (
    Date.parse(certificate.validFrom) <= nowMs && Date.parse(certificate.validTo) - nowMs > days * DAY_MS
  );
}

/** The first certificate in a PEM file; undefined when there is none that can be read. */
function readCertificate(path: string): X509Certificate | undefined {
  const [pem] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(readText(path)) ?? [];
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function serial(): string {
  // 159 bits: positive, and within the 20 bytes that a certificate may have.
  return `0x${randomBytes(20)
    .toString("hex")
    .replace(/^[89a-f]/, "7")}`;
}

type Flags = Readonly<Record<string, string>>;

function newKey(path: string): Flags {
  return {
    "-new": "",
    "-newkey": "ec",
    "-pkeyopt": "ec_paramgen_curve:prime256v1",
    "-nodes": "",
    "-keyout": path,
  };
}

function settings(extensions: readonly string[]): string {
  const lines = [
    "[req]",
    "distinguished_name = name",
    "x509_extensions = extensions",
    "[name]",
    "[extensions]",
  ];
  return `${[...lines, ...extensions].join("\n")}\n`;
}

/** A folder beside the result, for its owner only, gone at the end whatever happens. */
function inWorkFolder(beside: string, make: (path: (name: string) => string) => void): void {
  makePrivateDirectory(beside);
  const folder = mkdtempSync(join(beside, ".making-"));
  try {
    make((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openssl(command: "req" | "x509", flags: Flags): void {
  const given = Object.entries(flags).flatMap(([flag, value]) => (value === "" ? [flag] : [flag, value]));
  try {
    execFileSync("openssl", [command, ...given], { stdio: ["ignore", "ignore", "pipe"], timeout: 60_000 });
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const said =
      error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : "";
    throw new LaglineError({
      code: isMissing ? "LAGLINE_SECRETS_NO_OPENSSL" : "LAGLINE_SECRETS_CERTIFICATE",
      message: isMissing
        ? "Certificates for Elasticsearch are made with openssl, which is not on this host."
        : `openssl could not make a certificate: ${said || "it gave no reason"}.`,
      hint: isMissing
        ? "Install openssl, or let `scripts/up` install it."
        : "Check elasticsearch.managed.security and the free space of its directory.",
      cause: error,
    });
  }
}
