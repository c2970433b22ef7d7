/** The certificates that a server presents, looked at on a connection that carries nothing and believes nothing. */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import process from "node:process";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";

export type Peer = {
  /** Host and port are what counts; without a port it is that of HTTPS. */
  readonly url: URL;
  /** Name to ask for, where a server answers to several and the address says none of them. */
  readonly serverName?: string;
  /** Authorities, PEM. The chain then ends with the one of them that signed it, also where the server keeps it back. */
  readonly ca?: string;
  /** For a server that lets nobody else finish the handshake, PEM. */
  readonly client?: { readonly certificate: string; readonly key: string };
};

const HTTPS_PORT = 443;
/** Real chains have two to four certificates; one that goes round in circles must end. */
const MAX_CHAIN = 16;

/**
 * What a server presents, its own certificate first. Nothing but the handshake is sent.
 * @throws Error when there was no handshake before the signal.
 */
export async function presentedChain(peer: Peer, signal: AbortSignal): Promise<X509Certificate[]> {
  const { url, serverName, ca, client } = peer;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const name = serverName ?? (isIP(host) === 0 ? host : undefined);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // Loaded where it is used: most have no TLS to look at, and all would pay for it at start.
    const socket = process.getBuiltinModule("node:tls").connect({
      host,
      port: url.port === "" ? HTTPS_PORT : Number(url.port),
      ...(name === undefined ? {} : { servername: name }),
      ...(ca === undefined ? {} : { ca }),
      ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
      minVersion: "TLSv1.2",
      // Nothing is trusted on this connection, and nothing is told.
      rejectUnauthorized: false,
    });
    const stop = (): void => void socket.destroy(new Error(`no TLS handshake with ${url.host} in time`));
    signal.addEventListener("abort", stop, { once: true });
    socket.once("secureConnect", () => {
      resolve(readChain(socket));
      socket.destroy();
    });
    socket.on("error", reject);
    socket.once("close", () => {
      signal.removeEventListener("abort", stop);
      reject(new Error("the connection was closed during the handshake"));
    });
  });
}

function readChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  // A server without a certificate gives an empty object, a chain without its root no issuer.
  let current: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (current?.raw !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new X509Certificate(current.raw));
    if (current.issuerCertificate === current) break;
    current = current.issuerCertificate;
  }
  return chain;
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}
