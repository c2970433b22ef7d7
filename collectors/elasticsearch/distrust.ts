/** Sentences for a server whose certificate was not accepted, naming the file that decides about it. */
import type { ConnectionFiles } from "./credentials.ts";

/** Parts of the messages that Node and OpenSSL have for it; the client hands on nothing but the message. */
const UNKNOWN_AUTHORITY =
  /self[- ]signed certificate|unable to (get|verify)|certificate signature failure|certificate chain too long|invalid CA/i;
const OUTDATED = /certificate has expired|certificate is not yet valid/i;
const OTHER_NAME = /altnames|does not match certificate/i;

/** True where a certificate is over, or of the future: neither the error nor its message say since when. */
export function isOutdated(detail: string): boolean {
  return OUTDATED.test(detail);
}

/**
 * A sentence where `detail` says that the server is not trusted; undefined for every other failure. `ended`: which
 * certificates of the server are over, where that is known.
 */
export function describeDistrust(
  detail: string,
  files: ConnectionFiles,
  ended: readonly string[] = [],
): string | undefined {
  if (OTHER_NAME.test(detail)) {
    const name =
      files.serverName === undefined
        ? "the host in the address; tls.server_name can name another one"
        : `tls.server_name (${files.serverName})`;
    return `Elasticsearch is not trusted: its certificate is not for ${name} (${detail}).`;
  }
  if (isOutdated(detail)) {
    const which = ended.map((sentence) => ` ${sentence}.`).join("");
    return `Elasticsearch is not trusted: ${detail}.${which} Renew it, or ${authority(files)}.`;
  }
  if (UNKNOWN_AUTHORITY.test(detail)) {
    const again = files.caFile === undefined ? "" : "; a new one in that file is taken without a restart";
    return `Elasticsearch is not trusted: its certificate is not signed by ${authority(files)} (${detail})${again}.`;
  }
  return undefined;
}

function authority({ caFile, caFingerprint }: ConnectionFiles): string {
  if (caFingerprint !== undefined) return "the authority that ca_fingerprint names";
  return caFile === undefined
    ? "an authority that this host knows, and tls.ca_file names none"
    : `the authority in ${caFile} (tls.ca_file)`;
}
