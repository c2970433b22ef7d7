/** Certificates for TLS servers on loopback, made with the openssl command: nothing that looks like a secret is stored. */
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type MadeCertificate = {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** SHA-256, hexadecimal with colons. */
  readonly fingerprint: string;
  /** Where the two lie until `remove`. */
  readonly files: { readonly certificate: string; readonly key: string };
};

export type CertificateOrder = {
  readonly commonName: string;
  readonly isAuthority?: boolean;
  /** Subject alternative name such as `IP:127.0.0.1`. */
  readonly alternativeName?: string;
  /** Left out: signed with its own key. */
  readonly issuer?: MadeCertificate;
  /** From now to its end; -1, the lowest, has ended a day ago. @default 2 */
  readonly days?: number;
};

export type CertificateMaker = {
  make(order: CertificateOrder): MadeCertificate;
  remove(): void;
};

export function createCertificateMaker(): CertificateMaker {
  const directory = mkdtempSync(join(tmpdir(), "lagline-certificates-"));
  let count = 0;
  return {
    make: (order) => {
      count += 1;
      return makeCertificate(join(directory, String(count)), order);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function makeCertificate(
  path: string,
  { commonName, isAuthority = false, alternativeName, issuer, days = 2 }: CertificateOrder,
): MadeCertificate {
  const files = { certificate: `${path}.crt`, key: `${path}.key` };
  const request = `${path}.csr`;
  const settings = `${path}.cnf`;
  writeFileSync(settings, requestConfig(isAuthority, alternativeName));
  const making = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-config", settings];
  openssl("req", "-new", ...making, "-subj", `/CN=${commonName}`, "-keyout", files.key, "-out", request);
  const signer =
    issuer === undefined
      ? ["-signkey", files.key]
      : ["-CA", issuer.files.certificate, "-CAkey", issuer.files.key, "-CAcreateserial"];
  // Only this command takes -1.
  const signing = ["-req", "-in", request, "-days", String(days), "-extfile", settings, ...signer];
  openssl("x509", ...signing, "-extensions", "extensions", "-out", files.certificate);
  const certificate = readFileSync(files.certificate, "utf8");
  return {
    certificate,
    key: readFileSync(files.key, "utf8"),
    fingerprint: new X509Certificate(certificate).fingerprint256,
    files,
  };
}

function openssl(...arguments_: readonly string[]): void {
  execFileSync("openssl", arguments_, { stdio: "pipe", timeout: 20_000 });
}

function requestConfig(isAuthority: boolean, alternativeName: string | undefined): string {
  return [
    "[req]",
    "distinguished_name = name",
    "[name]",
    "[extensions]",
    `basicConstraints = critical,CA:${isAuthority ? "TRUE" : "FALSE"}`,
    // Without key identifiers an issuer is found by its name alone, which is what an impostor can copy.
    "subjectKeyIdentifier = none",
    "authorityKeyIdentifier = none",
    ...(alternativeName === undefined ? [] : [`subjectAltName = ${alternativeName}`]),
    "",
  ].join("\n");
}
