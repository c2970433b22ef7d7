/**
 * A certificate authority known only by its SHA-256 fingerprint. A fingerprint alone proves nothing: the certificate it
 * names is public, and an impostor can send it along. So it is fetched here, on a connection that carries no credentials
 * and is closed after the handshake, and only says which certificate to trust. Every later connection verifies
 * signatures and host name against that certificate, as with `tls.ca_file`.
 */
import type { X509Certificate } from "node:crypto";
import { withDeadline } from "../../model/deadline.ts";
import { LaglineError } from "../../model/errors.ts";
import { isSelfSigned, presentedChain } from "../certificates/chain.ts";
import { ElasticsearchFault } from "./fault.ts";

export type AuthorityQuest = {
  /** Nodes of one cluster; all of them `https:`. */
  readonly urls: readonly string[];
  /** SHA-256, hexadecimal, with or without colons. */
  readonly fingerprint: string;
  /** Name to ask for, where a server answers to several and the address says none of them. */
  readonly serverName?: string;
  /** Ends the search, by a deadline or a stop. */
  readonly signal: AbortSignal;
};

type Problem = { readonly problem: string; readonly isAnswer: boolean };
type Finding = { readonly authority: string } | Problem;

/** A handshake takes two or three round trips; the request's own deadline may be shorter. */
const HANDSHAKE_TIMEOUT_MS = 5000;

/** @throws LaglineError `LAGLINE_ELASTICSEARCH_PLAIN` when an address has no TLS, so that nothing would be checked. */
export function requireTls(urls: readonly string[]): void {
  const plain = urls.filter((url) => new URL(url).protocol !== "https:").map((url) => new URL(url).origin);
  if (plain.length === 0) return;
  throw new LaglineError({
    code: "LAGLINE_ELASTICSEARCH_PLAIN",
    message: `elasticsearch.external.ca_fingerprint cannot be checked at ${plain.join(", ")}, which has no TLS.`,
    hint: "Use https addresses, or remove ca_fingerprint.",
  });
}

/**
 * The certificate with that fingerprint as PEM, from the first node that presents it. All nodes are asked at once: one
 * that hangs must not keep the others from being used.
 * @throws ElasticsearchFault `connect` when no node presents it (a node that answers explains more than one that is
 * down); `aborted` when the signal ended the search.
 */
export async function findAuthority({
  urls,
  fingerprint,
  serverName,
  signal,
}: AuthorityQuest): Promise<string> {
  const found = new AbortController();
  const problems: Problem[] = [];
  const asked = urls.map(async (url) => {
    const limits = { ms: HANDSHAKE_TIMEOUT_MS, signals: [signal, found.signal] };
    const finding = await withDeadline(limits, async (limited) =>
      askNode(new URL(url), normalise(fingerprint), { serverName, signal: limited }),
    );
    if ("authority" in finding) return finding.authority;
    problems.push(finding);
    throw new Error(finding.problem);
  });
  try {
    return await Promise.any(asked);
  } catch {
    if (signal.aborted) throw new ElasticsearchFault("aborted", "The request was stopped.");
    const told = problems.find(({ isAnswer }) => isAnswer) ?? problems[0];
    throw new ElasticsearchFault("connect", told?.problem ?? "Elasticsearch has no address.");
  } finally {
    found.abort();
  }
}

function normalise(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").trim().toLowerCase();
}

type Asking = { readonly serverName: string | undefined; readonly signal: AbortSignal };

async function askNode(url: URL, fingerprint: string, asking: Asking): Promise<Finding> {
  try {
    const { serverName, signal } = asking;
    const chain = await presentedChain({ url, ...(serverName === undefined ? {} : { serverName }) }, signal);
    return choose(chain, fingerprint, url.origin);
  } catch (error) {
    const detail = error instanceof Error ? error.message : "unknown error";
    return { problem: `Elasticsearch cannot be reached (${detail}).`, isAnswer: false };
  }
}

function choose(chain: readonly X509Certificate[], fingerprint: string, origin: string): Finding {
  const index = chain.findIndex((certificate) => normalise(certificate.fingerprint256) === fingerprint);
  const found = chain[index];
  if (found === undefined) {
    return {
      problem: `None of the certificates that ${origin} presents has the fingerprint of elasticsearch.external.ca_fingerprint; correct it, let the server send its authority's certificate along, or name that certificate in tls.ca_file.`,
      isAnswer: true,
    };
  }
  // Trusting it as an authority is sound only for one, or for a certificate that vouches for nobody but itself.
  if (found.ca || isSelfSigned(found)) return { authority: found.toString() };
  const whose = index === 0 ? "the server's certificate" : "a certificate";
  return {
    problem: `The fingerprint in elasticsearch.external.ca_fingerprint is that of ${whose}, not of its authority, at ${origin}; use the authority's fingerprint, or name its certificate in tls.ca_file.`,
    isAnswer: true,
  };
}
