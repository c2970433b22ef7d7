/**
 * The one file on the collector's side that imports the Elasticsearch client. Everything above it sees a status, a body
 * and a deadline. Retries are off: the shipper decides about them per document. Plain media types instead of the
 * client's `compatible-with=9` let one build speak to Elasticsearch 8.19 and 9.
 */
import { Client, errors, Serializer, Transport } from "@elastic/elasticsearch";
import type { ClientOptions } from "@elastic/elasticsearch";
import { startDeadline } from "../../model/deadline.ts";
import { describeLookup } from "../../model/lookup.ts";
import { AllCreated, readAllCreated } from "./answers.ts";
import type { ConnectionFiles, Credentials } from "./credentials.ts";
import { readCredentials } from "./credentials.ts";
import { describeDistrust, isOutdated } from "./distrust.ts";
import { ElasticsearchFault } from "./fault.ts";
import { withoutCredentials } from "./masking.ts";
import { ANSWER_TOO_LARGE, nodeConnection } from "./node-connection.ts";
import { findAuthority, requireTls } from "./pinned-authority.ts";

export type ClientSettings = {
  /** Addresses of the nodes of one cluster. */
  readonly urls: readonly string[];
  readonly files: ConnectionFiles;
  /** Oldest version that is spoken. @default TLSv1.2 */
  readonly minimumTlsVersion?: "TLSv1.2" | "TLSv1.3";
  /** Of every request, beside those of the client. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Deadline of a request that sets none. @default 30 s */
  readonly requestTimeoutMs?: number;
  /** Connections per node. @default 4 */
  readonly connections?: number;
  /** Largest answer that is read, packed and unpacked. @default 64 MiB */
  readonly maximumAnswerBytes?: number;
  /** Called when an answer was larger. */
  readonly onAnswerTooLarge?: () => void;
};

export type HttpRequest = {
  readonly method: "GET" | "PUT" | "POST" | "DELETE" | "HEAD";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  /** Sent as JSON. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** Sent as it is, as newline-delimited JSON. */
  readonly ndjson?: Buffer;
  /** Set when `ndjson` is compressed. */
  readonly encoding?: "gzip";
  /** `AllCreated` may stand for the body of a bulk answer; it is given as it came where this is not set. */
  readonly allowAllCreated?: true;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

/** Any HTTP answer, whatever its status. `body` is parsed JSON, or text where the answer is none. */
export type HttpAnswer = {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs: number | null;
};

export interface ElasticsearchHttp {
  /** @throws ElasticsearchFault when there is no answer, or one that is not from Elasticsearch. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Reads the credential and CA files again; true when one of them changed. */
  reload(): Promise<boolean>;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const JSON_TYPE = "application/json";
const NDJSON_TYPE = "application/x-ndjson";

class PlainTransport extends Transport {
  constructor(options: ConstructorParameters<typeof Transport>[0]) {
    super({
      ...options,
      vendoredHeaders: { jsonContentType: JSON_TYPE, ndjsonContentType: NDJSON_TYPE, accept: JSON_TYPE },
    });
  }
}

class BulkSerializer extends Serializer {
  constructor(options: ConstructorParameters<typeof Serializer>[0]) {
    super(options);
    const parse = (json: string): unknown => super.deserialize(json);
    // Not as a method: its type promises the caller whatever the caller asks for.
    Object.assign(this, { deserialize: (json: string) => readAllCreated(json) ?? parse(json) });
  }
}

/**
 * With a pinned authority the first request looks for its certificate, and each further one until it is found:
 * Elasticsearch may be down when the collector starts.
 * @throws LaglineError `LAGLINE_ELASTICSEARCH_FILE` when a file cannot be read, `LAGLINE_ELASTICSEARCH_PLAIN` when a
 * fingerprint is given for an address without TLS.
 */
export async function createElasticsearchHttp(settings: ClientSettings): Promise<ElasticsearchHttp> {
  const fingerprint = settings.files.caFingerprint;
  if (fingerprint !== undefined) requireTls(settings.urls);
  let credentials = await readCredentials(settings.files);
  let pinned: string | undefined;
  let isClosed = false;
  // No client, and so nothing that could send credentials, before there is an authority to check the server against.
  let client = fingerprint === undefined ? createClient(settings, credentials) : undefined;
  const clientFor = async (signal: AbortSignal): Promise<Client> => {
    if (client !== undefined || fingerprint === undefined)
      return (client ??= createClient(settings, credentials));
    const authority = await findAuthority({
      urls: settings.urls,
      fingerprint,
      signal,
      ...(settings.files.serverName === undefined ? {} : { serverName: settings.files.serverName }),
    });
    if (isClosed) throw new ElasticsearchFault("aborted", "The connection was closed.");
    pinned ??= authority;
    return (client ??= createClient(settings, { ...credentials, ca: pinned }));
  };
  return {
    request: async (request) => send({ clientFor, settings, request, credentials: () => credentials }),
    reload: async () => {
      const fresh = await readCredentials(settings.files);
      if (fresh.fingerprint === credentials.fingerprint) return false;
      const old = client;
      credentials = fresh;
      if (old === undefined) return true;
      client = createClient(settings, pinned === undefined ? credentials : { ...credentials, ca: pinned });
      // Requests that are under way end on the old client.
      await old.close();
      return true;
    },
    close: async () => {
      isClosed = true;
      await client?.close();
    },
  };
}

function createClient(settings: ClientSettings, credentials: Credentials): Client {
  return new Client(clientOptions(settings, credentials));
}

function clientOptions(settings: ClientSettings, credentials: Credentials): ClientOptions {
  return {
    nodes: [...settings.urls],
    Transport: PlainTransport,
    Serializer: BulkSerializer,
    maxRetries: 0,
    requestTimeout: settings.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxResponseSize: settings.maximumAnswerBytes ?? MAX_ANSWER_BYTES,
    maxCompressedResponseSize: settings.maximumAnswerBytes ?? MAX_ANSWER_BYTES,
    sniffOnStart: false,
    sniffOnConnectionFault: false,
    enableMetaHeader: false,
    // The name is the client's; `false` switches its protection of parsed answers on.
    disablePrototypePoisoningProtection: false,
    Connection: nodeConnection(settings.connections ?? 4),
    redaction: { type: "replace" },
    ...(settings.headers === undefined ? {} : { headers: { ...settings.headers } }),
    ...(credentials.auth === undefined ? {} : { auth: credentials.auth }),
    ...tlsOptions(settings, credentials),
  };
}

/** Signatures, dates and host name are checked on every connection. */
function tlsOptions(settings: ClientSettings, credentials: Credentials): Pick<ClientOptions, "tls"> {
  if (!settings.urls.some((url) => url.startsWith("https:"))) return {};
  const tls = {
    minVersion: settings.minimumTlsVersion ?? ("TLSv1.2" as const),
    rejectUnauthorized: true,
    // The pinned authority may be an intermediate one, whose root is not on this host.
    ...(settings.files.caFingerprint === undefined ? {} : { allowPartialTrustChain: true }),
    ...(credentials.ca === undefined ? {} : { ca: credentials.ca }),
    ...(settings.files.serverName === undefined ? {} : { servername: settings.files.serverName }),
    ...(credentials.certificate === undefined ? {} : { cert: credentials.certificate, key: credentials.key }),
  };
  return { tls };
}

type Sending = {
  readonly clientFor: (signal: AbortSignal) => Promise<Client>;
  readonly settings: ClientSettings;
  readonly request: HttpRequest;
  readonly credentials: () => Credentials;
};

async function send({ clientFor, settings, request, credentials }: Sending): Promise<HttpAnswer> {
  const timeoutMs = request.timeoutMs ?? settings.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  // The client aborts the signal it is given, so each request gets one of its own.
  const deadline = startDeadline(timeoutMs, ...(request.signal === undefined ? [] : [request.signal]));
  const { signal } = deadline;
  try {
    const client = await clientFor(signal);
    const result = await client.transport.request(
      {
        method: request.method,
        path: request.path,
        ...(request.query === undefined ? {} : { querystring: { ...request.query } }),
        ...(request.json === undefined ? {} : { body: { ...request.json } }),
        ...(request.ndjson === undefined ? {} : { bulkBody: request.ndjson }),
      },
      {
        meta: true,
        signal,
        requestTimeout: null,
        ...(request.encoding === undefined ? {} : { headers: { "content-encoding": request.encoding } }),
      },
    );
    const { body } = result;
    const isShort = body instanceof AllCreated && request.allowAllCreated !== true;
    return answerOf({
      status: result.statusCode ?? 0,
      body: isShort ? body.inFull() : body,
      headers: result.headers,
    });
  } catch (error) {
    if (error instanceof errors.ResponseError) {
      const body = withoutCredentials(error.body, credentials());
      return answerOf({ status: error.statusCode ?? 0, body, headers: error.headers });
    }
    if (isTooLarge(error)) {
      settings.onAnswerTooLarge?.();
      throw new ElasticsearchFault(
        "unreadable",
        `Elasticsearch sent more than the ${settings.maximumAnswerBytes ?? MAX_ANSWER_BYTES} bytes of an answer that are read (collector.limits.elasticsearch_answer_bytes).`,
      );
    }
    const timedOut = deadline.isOver();
    const isExpired = error instanceof Error && isOutdated(error.message);
    throw faultOf(error, {
      timeoutMs,
      timedOut,
      stopped: request.signal?.aborted === true,
      files: settings.files,
      ended: isExpired ? await endedOf(settings, request.signal) : [],
    });
  } finally {
    deadline.end();
  }
}

/** Loaded where it is used: few servers ever show a certificate that is over. */
async function endedOf(
  { urls, files }: ClientSettings,
  stop: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { describeEnded } = await import("./outdated.ts");
  return describeEnded(urls, files, stop);
}

/** In the words of our connection. A signal that aborts has other words. */
function isTooLarge(error: unknown): boolean {
  return error instanceof errors.RequestAbortedError && error.message.includes(ANSWER_TOO_LARGE);
}

function answerOf(result: { status: number; body: unknown; headers: unknown }): HttpAnswer {
  return { status: result.status, body: result.body, retryAfterMs: retryAfterMs(result.headers) };
}

/** `Retry-After` in seconds or as a date; null when it is absent or makes no sense. */
function retryAfterMs(headers: unknown): number | null {
  if (typeof headers !== "object" || headers === null || !("retry-after" in headers)) return null;
  const value = String(headers["retry-after"]);
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}

function faultOf(
  error: unknown,
  about: {
    readonly timeoutMs: number;
    readonly timedOut: boolean;
    readonly stopped: boolean;
    readonly files: ConnectionFiles;
    readonly ended: readonly string[];
  },
): ElasticsearchFault {
  if (about.stopped) return new ElasticsearchFault("aborted", "The request was stopped.");
  if (about.timedOut || error instanceof errors.TimeoutError) {
    return new ElasticsearchFault(
      "timeout",
      `Elasticsearch did not answer within ${about.timeoutMs / 1000} s.`,
    );
  }
  if (error instanceof errors.ProductNotSupportedError) {
    return new ElasticsearchFault(
      "not_elasticsearch",
      "What answers is not Elasticsearch; is a proxy in between?",
    );
  }
  if (error instanceof errors.DeserializationError) {
    return new ElasticsearchFault("unreadable", "The answer of Elasticsearch is not JSON.");
  }
  if (error instanceof ElasticsearchFault) return error;
  // Only the client's own sentence: its error objects carry the request with its credentials.
  const detail = error instanceof Error ? error.message : "unknown error";
  const distrust = describeDistrust(detail, about.files, about.ended);
  if (distrust !== undefined) return new ElasticsearchFault("connect", distrust);
  const lookup = describeLookup(detail);
  const why = lookup === undefined ? detail : `${lookup}: ${detail}`;
  return new ElasticsearchFault("connect", `Elasticsearch cannot be reached (${why}).`);
}
