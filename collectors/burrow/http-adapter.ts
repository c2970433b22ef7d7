/**
 * The adapter that axios uses for Burrow: one GET over a kept connection, the path byte for byte, the body as one
 * buffer. Axios' own adapter carries uploads, redirects, proxies and decompression, none of which may happen here and all
 * of which cost every one of hundreds of requests in a cycle.
 */
import http from "node:http";
import process from "node:process";
import { urlToHttpOptions } from "node:url";
import {
  AxiosError,
  type AxiosAdapter,
  type AxiosRequestHeaders,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from "axios";

export type HttpAdapterOptions = {
  /** Scheme, host and port; the path comes with each request. */
  readonly server: URL;
  readonly agent: http.Agent;
  /** A body that is larger is cut off. */
  readonly maximumBytes: number;
};

/** The path of a request is its `url`, sent as given: a parsed URL would turn the group `..` into its parent folder. */
export function createHttpAdapter(options: HttpAdapterOptions): AxiosAdapter {
  const { protocol, hostname, port } = urlToHttpOptions(options.server);
  // TLS is loaded where it is used.
  const { request } = protocol === "https:" ? process.getBuiltinModule("node:https") : http;
  const target = { hostname, port, agent: options.agent };
  const plain = createHeaderCache();
  return (config) =>
    new Promise((resolve, reject) => {
      const sent = request({ ...target, path: config.url, headers: plain(config.headers) });
      const exchange = new Exchange(config, sent, options.maximumBytes);
      exchange.run(resolve, reject);
    });
}

/** The headers of one client are the same object in every request. */
function createHeaderCache(): (headers: AxiosRequestHeaders) => http.OutgoingHttpHeaders {
  let known: AxiosRequestHeaders | undefined;
  let plain: http.OutgoingHttpHeaders = {};
  return (headers) => {
    if (headers !== known) {
      known = headers;
      plain = headers.toJSON();
    }
    return plain;
  };
}

class Exchange {
  readonly #config: InternalAxiosRequestConfig;
  readonly #request: http.ClientRequest;
  readonly #maximumBytes: number;
  #response: AxiosResponse<Buffer> | undefined;

  constructor(config: InternalAxiosRequestConfig, request: http.ClientRequest, maximumBytes: number) {
    this.#config = config;
    this.#request = request;
    this.#maximumBytes = maximumBytes;
  }

  run(resolve: (response: AxiosResponse<Buffer>) => void, reject: (error: AxiosError) => void): void {
    const { signal } = this.#config;
    const stop = (): void => {
      this.#request.destroy(new Error("canceled"));
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      signal?.removeEventListener?.("abort", stop);
      reject(this.#toAxiosError(error));
    };
    signal?.addEventListener?.("abort", stop);
    this.#request.once("response", (incoming) => {
      this.#read(incoming, fail, (response) => {
        signal?.removeEventListener?.("abort", stop);
        resolve(response);
      });
    });
    // Stays for the whole exchange: a second error of a socket that is being torn down must not end the process.
    this.#request.on("error", fail);
    this.#request.end();
  }

  #read(
    incoming: http.IncomingMessage,
    fail: (error: Error) => void,
    done: (response: AxiosResponse<Buffer>) => void,
  ): void {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const response: AxiosResponse<Buffer> = {
      status: incoming.statusCode ?? 0,
      statusText: incoming.statusMessage ?? "",
      headers: readHeaders(incoming.headers),
      config: this.#config,
      request: this.#request,
      data: Buffer.alloc(0),
    };
    this.#response = response;
    incoming.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > this.#maximumBytes) {
        this.#request.destroy(new Error(`maxContentLength size of ${this.#maximumBytes} exceeded`));
        return;
      }
      pieces.push(piece);
    });
    incoming.on("error", fail);
    incoming.once("end", () => {
      const [only] = pieces;
      response.data = only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces, bytes);
      done(response);
    });
  }

  #toAxiosError(error: NodeJS.ErrnoException): AxiosError {
    return new AxiosError(error.message, error.code, this.#config, this.#request, this.#response);
  }
}

/** The headers that say what the answer is; the others are not looked at. */
function readHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  const { "content-type": type = "", location = "", date = "" } = headers;
  return { "content-type": type, location, date };
}
