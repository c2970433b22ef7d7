/**
 * The adapter that axios uses for Burrow: one GET over a kept connection, the path byte for byte, the body as one
 * buffer. Axios' own adapter carries uploads, redirects, proxies and decompression, none of which may happen here and all
 * of which cost every one of hundreds of requests in a cycle.
 */
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { urlToHttpOptions } from "node:url";
import {
  AxiosError,
  type AxiosAdapter,
  type AxiosRequestHeaders,
  type InternalAxiosRequestConfig,
} from "axios";
import type { HttpAnswer } from "./answer-reader.ts";
import { Connections, STOPPED } from "./connections.ts";

export type HttpAdapterOptions = {
  /** Scheme, host and port; the path comes with each request. */
  readonly server: URL;
  /** For an address with `https:`. */
  readonly tls: ConnectionOptions;
  /** Connections at a time. */
  readonly maximumConnections: number;
  /** A body that is larger is cut off. */
  readonly maximumBytes: number;
};

export type HttpAdapter = {
  /** Heeds `url` (the path, sent as given), `headers`, `timeout` and `signal`; every status is an answer. */
  readonly send: AxiosAdapter;
  /** The body of an answer is not read any more: its memory may be used again. */
  readonly giveBack: (body: Buffer) => void;
  readonly close: () => void;
};

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_PORTS = { "http:": 80, "https:": 443 } as const;

/** The path of a request is its `url`, sent as given: a parsed URL would turn the group `..` into its parent folder. */
export function createHttpAdapter({
  server,
  tls,
  maximumConnections,
  maximumBytes,
}: HttpAdapterOptions): HttpAdapter {
  const { hostname, port } = urlToHttpOptions(server);
  const isSecure = server.protocol === "https:";
  const host = hostname ?? "";
  const connections = new Connections({
    host,
    port: Number(port) || DEFAULT_PORTS[isSecure ? "https:" : "http:"],
    // A certificate may name an address, but no server name may be one (RFC 6066).
    tls: isSecure
      ? { ...(isIP(host) === 0 ? { servername: host } : {}), ALPNProtocols: ["http/1.1"], ...tls }
      : null,
    maximum: maximumConnections,
  });
  const headersOf = createHeaderCache(server.host);
  return {
    send: async (config) => {
      try {
        const answer = await connections.get({
          text: `GET ${pathOf(config)} HTTP/1.1\r\n${headersOf(config.headers)}\r\n`,
          maximumBytes,
          timeoutMs: config.timeout ?? DEFAULT_TIMEOUT_MS,
          ...(config.signal instanceof AbortSignal ? { signal: config.signal } : {}),
        });
        return responseOf(answer, config);
      } catch (error) {
        throw toAxiosError(error, config);
      }
    },
    giveBack: (body) => {
      connections.giveBack(body);
    },
    close: () => {
      connections.close();
    },
  };
}

function responseOf(
  { status, contentType, location, date, body }: HttpAnswer,
  config: InternalAxiosRequestConfig,
) {
  return {
    status,
    statusText: "",
    headers: { "content-type": contentType, location, date },
    config,
    data: body,
  };
}

function toAxiosError(error: unknown, config: InternalAxiosRequestConfig): AxiosError {
  if (config.signal?.aborted === true) return new AxiosError("The request was stopped.", STOPPED, config);
  if (!(error instanceof Error)) return new AxiosError(String(error), "", config);
  return new AxiosError(error.message, "code" in error ? String(error.code) : "", config);
}

/** A line end in a path or a header would begin another request. */
function pathOf({ url = "/" }: InternalAxiosRequestConfig): string {
  if (/[^\x21-\x7e]/.test(url)) throw new Error("The path has characters that no request may have.");
  return url;
}

/** The headers of one client are the same object in every request. */
function createHeaderCache(host: string): (headers: AxiosRequestHeaders) => string {
  let known: AxiosRequestHeaders | undefined;
  let text = "";
  return (headers) => {
    if (headers === known) return text;
    const all = { Host: host, Connection: "keep-alive", ...headers.toJSON(true) };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    if (lines.some((line) => /[^\t\x20-\x7e\x80-\xff]/.test(line))) {
      throw new Error("A header has characters that no request may have.");
    }
    known = headers;
    text = `${lines.join("\r\n")}\r\n`;
    return text;
  };
}
