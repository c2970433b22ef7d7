/**
 * What carries the client's requests to one node: Node's own HTTP with a pool of kept connections. The client's own
 * connections are undici's, whose parser is WebAssembly that has to be compiled, and which loads HTTP/2 and fetch beside
 * it: together 0.1 s of CPU at every start, where nothing needs more than a few large requests.
 */
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import http from "node:http";
import process from "node:process";
import { urlToHttpOptions } from "node:url";
import { BaseConnection, errors } from "@elastic/elasticsearch";
import type {
  ConnectionOptions,
  ConnectionRequestOptions,
  ConnectionRequestOptionsAsStream,
  ConnectionRequestParams,
  ConnectionRequestResponse,
  ConnectionRequestResponseAsStream,
} from "@elastic/elasticsearch";

/** An idle connection is closed after this long; Elasticsearch itself keeps them for ever. */
const IDLE_MS = 60_000;

/** The class of connections for `Connection` of the client's options; at most so many per node. */
export function nodeConnection(connections: number): typeof BaseConnection {
  return class extends NodeConnection {
    constructor(options: ConnectionOptions) {
      super(options, connections);
    }
  };
}

class NodeConnection extends BaseConnection {
  readonly #agent: Agent;
  readonly #target: RequestOptions;
  readonly #send: typeof http.request;
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: ConnectionOptions, connections: number) {
    super(options);
    // TLS is loaded where it is used.
    const secure = options.url.protocol === "https:" ? process.getBuiltinModule("node:https") : null;
    const pool = {
      keepAlive: true,
      maxSockets: connections,
      maxFreeSockets: connections,
      timeout: IDLE_MS,
    };
    this.#agent = secure === null ? new http.Agent(pool) : new secure.Agent({ ...pool, ...options.tls });
    this.#send = secure === null ? http.request : secure.request;
    const { protocol, hostname, port } = urlToHttpOptions(options.url);
    this.#target = { protocol, hostname, port, agent: this.#agent };
  }

  override request(
    params: ConnectionRequestParams,
    options: ConnectionRequestOptions,
  ): Promise<ConnectionRequestResponse>;
  override request(
    params: ConnectionRequestParams,
    options: ConnectionRequestOptionsAsStream,
  ): Promise<ConnectionRequestResponseAsStream>;
  override async request(
    params: ConnectionRequestParams,
    options: ConnectionRequestOptions | ConnectionRequestOptionsAsStream,
  ): Promise<ConnectionRequestResponse | ConnectionRequestResponseAsStream> {
    if ("asStream" in options) throw new errors.ConfigurationError("Answers are not read as streams here.");
    const exchange = this.#repeated(params, options);
    this.#running.add(exchange);
    try {
      return await exchange;
    } finally {
      this.#running.delete(exchange);
    }
  }

  /** Requests that are under way are waited for. */
  override async close(): Promise<void> {
    await Promise.allSettled(this.#running);
    this.#agent.destroy();
  }

  /**
   * A node or a proxy closed the idle connection while the request was written to it: it was not read, and may go out
   * again, once. That holds for what does no harm twice: anything but POST, and bulk, whose documents have their ids.
   */
  async #repeated(
    params: ConnectionRequestParams,
    options: ConnectionRequestOptions,
  ): Promise<ConnectionRequestResponse> {
    try {
      return await this.#exchange(params, options);
    } catch (error) {
      const repeatable = params.method !== "POST" || params.path.endsWith("/_bulk");
      if (!(error instanceof IdleClosed) || !repeatable) throw error;
      return this.#exchange(params, options);
    }
  }

  async #exchange(
    params: ConnectionRequestParams,
    options: ConnectionRequestOptions,
  ): Promise<ConnectionRequestResponse> {
    const { signal } = options;
    if (signal?.aborted === true) throw new errors.RequestAbortedError("Request aborted");
    return new Promise((resolve, reject) => {
      const request = this.#send({
        ...this.#target,
        method: params.method,
        path: this.#pathOf(params),
        headers: { ...this.headers, ...params.headers },
      });
      const stop = (): void => {
        request.destroy(new errors.RequestAbortedError("Request aborted"));
      };
      const fail = (error: NodeJS.ErrnoException): void => {
        signal?.removeEventListener("abort", stop);
        reject(toClientError(error, request));
      };
      signal?.addEventListener("abort", stop, { once: true });
      // Stays for the whole exchange: a second error of a socket that is being torn down must not end the process.
      request.on("error", fail);
      request.once("response", (answer) => {
        readAnswer({ request, answer, options }, fail, (response) => {
          signal?.removeEventListener("abort", stop);
          resolve(response);
        });
      });
      // A batch goes out in few large writes anyway; small requests must not wait for the answer to the one before.
      request.setNoDelay(true);
      request.end(params.body ?? undefined);
    });
  }

  #pathOf({ path, querystring }: ConnectionRequestParams): string {
    const prefix = this.url.pathname.replace(/\/$/, "");
    const query = querystring === undefined || querystring === "" ? "" : `?${querystring}`;
    const whole = `${prefix}${path}${query}`;
    return whole.startsWith("/") ? whole : `/${whole}`;
  }
}

/** Start of the sentence about an answer beyond its bound. */
export const ANSWER_TOO_LARGE = "The answer has more than the";

type Exchange = {
  readonly request: ClientRequest;
  readonly answer: IncomingMessage;
  readonly options: ConnectionRequestOptions;
};

function readAnswer(
  { request, answer, options }: Exchange,
  fail: (error: Error) => void,
  done: (response: ConnectionRequestResponse) => void,
): void {
  const encoding = answer.headers["content-encoding"] ?? "";
  const isCompressed = /gzip|deflate/i.test(encoding);
  const limit = (isCompressed ? options.maxCompressedResponseSize : options.maxResponseSize) ?? Infinity;
  const pieces: Buffer[] = [];
  let bytes = 0;
  answer.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > limit) {
      request.destroy(new errors.RequestAbortedError(`${ANSWER_TOO_LARGE} ${limit} bytes that are allowed`));
      return;
    }
    pieces.push(piece);
  });
  answer.on("error", fail);
  answer.once("end", () => {
    const body = Buffer.concat(pieces, bytes);
    // The transport unpacks what is compressed.
    done({
      statusCode: answer.statusCode ?? 0,
      headers: answer.headers,
      body: isCompressed ? body : body.toString("utf8"),
    });
  });
}

/** The connection was an idle one and ended before an answer began. */
class IdleClosed extends errors.ConnectionError {}

/** Only the sentence: system errors carry addresses in properties that nobody reads, and some have no sentence at all. */
function toClientError(error: NodeJS.ErrnoException, request: ClientRequest): Error {
  if (error instanceof errors.RequestAbortedError) return error;
  const sentence = error.message === "" ? (error.code ?? "unknown error") : error.message;
  const idle = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
  return idle ? new IdleClosed(sentence) : new errors.ConnectionError(sentence);
}
