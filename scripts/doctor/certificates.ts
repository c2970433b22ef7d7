/** Looks at the ends of the certificates that a link depends on. */
import { certificatesOf } from "../../collectors/certificate-sources.ts";
import type { Expiry } from "../../collectors/certificates/expiry.ts";
import { daysLeft, describeEnd } from "../../collectors/certificates/expiry.ts";
import type { CertificateSource } from "../../collectors/certificates/look.ts";
import { lookAtCertificates } from "../../collectors/certificates/look.ts";
import type { KafkaConnection } from "../kafka-admin/connection.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, skipped, warning } from "./finding.ts";

export type CertificatesLook = {
  readonly sources: readonly CertificateSource[];
  /** One that ends sooner is a warning. */
  readonly warningDays: number;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** What to do about each, where this is not what its source says. */
  readonly fix?: (expiry: Expiry) => string;
};

const CHECK = "certificates";

/** Nothing where no connection has TLS. */
export async function judgeCertificates(look: CertificatesLook): Promise<readonly Observation[]> {
  const { sources, warningDays, nowMs, signal, fix = ({ renewal }: Expiry) => renewal } = look;
  if (sources.length === 0) return [];
  const found = (await lookAtCertificates(sources, signal)).toSorted((a, b) => a.endsMs - b.endsMs);
  const [first] = found;
  if (first === undefined) return [skipped(CHECK, "No certificate could be read, in files or from servers.")];
  const ending = found.filter((expiry) => expiry.endsMs <= nowMs || daysLeft(expiry, nowMs) < warningDays);
  if (ending.length === 0) {
    const what = found.length === 1 ? "" : `All ${found.length} last. `;
    return [ok(CHECK, `${what}${describeEnd(first, nowMs)}.`)];
  }
  return ending.map((expiry) =>
    (expiry.endsMs <= nowMs ? broken : warning)(CHECK, `${describeEnd(expiry, nowMs)}.`, fix(expiry)),
  );
}

/** Those of a managed Elasticsearch, which Lagline makes itself. */
export function managedFix({ isAuthority }: Expiry): string {
  return `scripts/lagline secrets rotate ${isAuthority ? "--authority" : "--certificates"}`;
}

/** Brokers are looked at by their bootstrap addresses only. */
export function kafkaCertificates(
  cluster: string,
  { bootstrapServers, tls }: KafkaConnection,
): readonly CertificateSource[] {
  if (tls === undefined) return [];
  const { ca_file: ca, certificate_file: certificate, key_file: key, server_name: serverName } = tls;
  return certificatesOf({
    urls: bootstrapServers.map((server) => `tls://${server}`),
    setting: `clusters.${cluster}.kafka.external.tls`,
    files: {
      ...(ca === undefined ? {} : { caFile: ca }),
      ...(certificate === undefined ? {} : { certificateFile: certificate }),
      ...(key === undefined ? {} : { keyFile: key }),
    },
    serverName,
    renewal: {
      file: "Put its successor into that file, then scripts/up and restart the container of Burrow, which reads it at its start.",
      server: "Renew it on that broker.",
    },
  });
}
