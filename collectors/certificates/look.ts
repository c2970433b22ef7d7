/** Reads when the certificates end that a connection depends on: those in files and those that servers present. */
import { withDeadline } from "../../model/deadline.ts";
import { readFile } from "node:fs/promises";
import { presentedChain } from "./chain.ts";
import type { Peer } from "./chain.ts";
import type { Expiry } from "./expiry.ts";
import { expiryOfChain, expiryOfFile } from "./expiry.ts";

export type CertificateFile = {
  readonly kind: "file";
  /** Setting that names it. */
  readonly setting: string;
  readonly path: string;
  readonly renewal: string;
};

export type CertificateServer = {
  readonly kind: "server";
  /** Without TLS there is nothing to look at. */
  readonly url: string;
  readonly serverName?: string;
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** True where the authority is known by something else than a file or the system. */
  readonly isPinned?: boolean;
  readonly renewal: string;
};

/** What ends as a certificate does and is known to a server: an API key. */
export type AskedEnd = {
  readonly kind: "asked";
  /** Setting that names its file. */
  readonly setting: string;
  readonly path: string;
  /** Undefined where it has no end. */
  readonly look: (signal: AbortSignal) => Promise<Expiry | undefined>;
};

export type CertificateSource = CertificateFile | CertificateServer | AskedEnd;

const HANDSHAKE_TIMEOUT_MS = 5000;
const MAXIMUM_BYTES = 4 * 1024 * 1024;

/** What cannot be read is left out: who needs the file or the server says so louder. */
export async function lookAtCertificates(
  sources: readonly CertificateSource[],
  signal: AbortSignal,
): Promise<readonly Expiry[]> {
  const found = await Promise.all(
    sources.map(async (source) => {
      try {
        return await lookAt(source, signal);
      } catch {
        return undefined;
      }
    }),
  );
  return found.filter((expiry) => expiry !== undefined);
}

function lookAt(source: CertificateSource, signal: AbortSignal): Promise<Expiry | undefined> {
  switch (source.kind) {
    case "file":
      return lookAtFile(source);
    case "server":
      return lookAtServer(source, signal);
    case "asked":
      return source.look(signal);
  }
}

async function lookAtFile(source: CertificateFile): Promise<Expiry | undefined> {
  const pem = await readFile(source.path, "utf8");
  return pem.length > MAXIMUM_BYTES ? undefined : expiryOfFile(source, pem);
}

async function lookAtServer(source: CertificateServer, signal: AbortSignal): Promise<Expiry | undefined> {
  const url = new URL(source.url);
  if (url.protocol === "http:") return undefined;
  const peer = await peerOf(url, source);
  const limits = { ms: HANDSHAKE_TIMEOUT_MS, signals: [signal] };
  const chain = await withDeadline(limits, async (limited) => presentedChain(peer, limited));
  const hasOwnAuthority = source.caFile !== undefined || source.isPinned === true;
  const { renewal } = source;
  return expiryOfChain({ origin: `${url.protocol}//${url.host}`, hasOwnAuthority, renewal }, chain);
}

async function peerOf(
  url: URL,
  { serverName, caFile, certificateFile, keyFile }: CertificateServer,
): Promise<Peer> {
  return {
    url,
    ...(serverName === undefined ? {} : { serverName }),
    ...(caFile === undefined ? {} : { ca: await readFile(caFile, "utf8") }),
    ...(certificateFile === undefined || keyFile === undefined
      ? {}
      : {
          client: {
            certificate: await readFile(certificateFile, "utf8"),
            key: await readFile(keyFile, "utf8"),
          },
        }),
  };
}
