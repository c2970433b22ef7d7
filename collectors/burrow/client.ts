/** The only file that speaks HTTP to Burrow: GET with a deadline, and every failure as a `ScrapeProblem`. */
import http from "node:http";
import https from "node:https";
import axios, { AxiosError, type AxiosInstance } from "axios";
import type { ScrapeProblem } from "../../model/snapshot.ts";
import { classifyFailure, judgeAnswer, type RawAnswer } from "./answer.ts";

export type BurrowCredentials =
  | { readonly username: string; readonly password: string }
  | { readonly token: string };

export type BurrowTls = {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly serverName?: string;
};

export type BurrowClientOptions = {
  /** Base address, such as `http://127.0.0.1:8000`; a path in it is kept in front of every request. */
  readonly server: string;
  readonly cluster: string;
  /** From the first byte sent to the last byte read. */
  readonly timeoutMs: number;
  readonly maximumBytes: number;
  readonly concurrency: number;
  readonly credentials?: BurrowCredentials;
  readonly tls?: BurrowTls;
};

/** What a request is about, for the sentence of its problem. */
export type RequestSubject = { readonly scope: ScrapeProblem["scope"]; readonly name: string };

export type BurrowAnswer =
  | {
      readonly ok: true;
      readonly body: unknown;
      readonly sentMs: number;
      readonly receivedMs: number;
      readonly dateMs: number | null;
    }
  | {
      readonly ok: false;
      readonly status: number | null;
      readonly problem: ScrapeProblem;
      readonly dateMs: number | null;
    };

export interface BurrowClient {
  readonly server: string;
  /** Reads one path, sent as given. Never throws for what Burrow or the network does. */
  get(path: string, subject: RequestSubject, signal: AbortSignal): Promise<BurrowAnswer>;
  /** Requests sent since the client was made. */
  readonly requests: number;
  close(): void;
}

/** Creates a client for one server. Connections are kept alive and at most `concurrency`. */
export function createBurrowClient(options: BurrowClientOptions): BurrowClient {
  return new HttpBurrowClient(options);
}

class HttpBurrowClient implements BurrowClient {
  readonly server: string;
  requests = 0;
  readonly #options: BurrowClientOptions;
  readonly #origin: string;
  readonly #basePath: string;
  readonly #isSecure: boolean;
  readonly #agent: http.Agent;
  readonly #instance: AxiosInstance;

  constructor(options: BurrowClientOptions) {
    const base = new URL(options.server);
    this.server = options.server;
    this.#options = options;
    this.#origin = base.origin;
    this.#basePath = base.pathname.replace(/\/+$/, "");
    this.#isSecure = base.protocol === "https:";
    this.#agent = createAgent(options, this.#isSecure);
    this.#instance = createInstance(options, this.#agent, this.#isSecure);
  }

  async get(path: string, subject: RequestSubject, signal: AbortSignal): Promise<BurrowAnswer> {
    const { server, cluster, timeoutMs } = this.#options;
    const about = { ...subject, server, cluster, timeoutMs };
    let raw: RawAnswer = signal.aborted
      ? { kind: "failure", error: null, aborted: "stop" }
      : await this.#attempt(path, signal);
    if (raw.kind === "failure" && isKeepAliveRace(raw.error)) {
      raw = await this.#attempt(path, signal);
    }
    return raw.kind === "failure"
      ? { ok: false, status: null, problem: classifyFailure(raw, about), dateMs: null }
      : judgeAnswer(raw, about);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #attempt(path: string, signal: AbortSignal): Promise<RawAnswer> {
    const controller = new AbortController();
    const deadline = setTimeout(() => {
      controller.abort("deadline");
    }, this.#options.timeoutMs);
    const stop = (): void => {
      controller.abort("stop");
    };
    signal.addEventListener("abort", stop, { once: true });
    const sentMs = Date.now();
    this.requests += 1;
    try {
      const fullPath = this.#basePath + path;
      const { status, headers, data } = await this.#instance.get<unknown>(this.#origin + fullPath, {
        signal: controller.signal,
        transport: rawPathTransport(fullPath, this.#isSecure),
      });
      return {
        kind: "answer",
        status,
        contentType: textOf(headers["content-type"]),
        location: textOf(headers["location"]),
        date: textOf(headers["date"]),
        body: Buffer.isBuffer(data) ? data : Buffer.alloc(0),
        sentMs,
        receivedMs: Date.now(),
      };
    } catch (error) {
      const aborted = controller.signal.aborted ? textOf(controller.signal.reason) : null;
      return { kind: "failure", error, aborted };
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener("abort", stop);
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function createAgent(options: BurrowClientOptions, secure: boolean): http.Agent {
  const common = { keepAlive: true, maxSockets: options.concurrency, maxFreeSockets: options.concurrency };
  if (!secure) {
    return new http.Agent(common);
  }
  const { ca, certificate, key, serverName } = options.tls ?? {};
  return new https.Agent({
    ...common,
    minVersion: "TLSv1.2",
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  });
}

function createInstance(options: BurrowClientOptions, agent: http.Agent, secure: boolean): AxiosInstance {
  const credentials = options.credentials;
  return axios.create({
    adapter: "http",
    ...(secure ? { httpsAgent: agent } : { httpAgent: agent }),
    // Idle limit of the socket; the deadline of the whole exchange is the signal of each request.
    timeout: options.timeoutMs,
    maxContentLength: options.maximumBytes,
    maxBodyLength: 0,
    // A redirect of Burrow leads to another group (a name that ends in a slash), one of a proxy to anywhere.
    maxRedirects: 0,
    // Without this HTTP_PROXY of the environment would take over loopback calls.
    proxy: false,
    // The body is parsed in answer.ts: axios' own JSON step costs more and hides the failed text.
    responseType: "arraybuffer",
    transformResponse: (data: unknown) => data,
    transitional: { silentJSONParsing: false, clarifyTimeoutError: true },
    // Burrow never compresses JSON; not decompressing closes the door for compression bombs.
    decompress: false,
    validateStatus: () => true,
    headers: {
      Accept: "application/json",
      "Accept-Encoding": "identity",
      "User-Agent": "lagline",
      ...(credentials !== undefined && "token" in credentials
        ? { Authorization: `Bearer ${credentials.token}` }
        : {}),
    },
    ...(credentials !== undefined && "username" in credentials ? { auth: credentials } : {}),
  });
}

/** Sends the path byte for byte: a parsed URL would turn the group `..` into its parent folder. */
function rawPathTransport(path: string, secure: boolean) {
  return {
    request(
      requestOptions: http.RequestOptions,
      callback: (response: http.IncomingMessage) => void,
    ): http.ClientRequest {
      const raw = { ...requestOptions, path };
      return secure ? https.request(raw, callback) : http.request(raw, callback);
    },
  };
}

/** The server closed an idle connection while we wrote to it: nothing was read, so a GET may be sent again once. */
function isKeepAliveRace(error: unknown): boolean {
  return (
    error instanceof AxiosError &&
    (error.code === "ECONNRESET" || error.code === "EPIPE") &&
    error.response === undefined &&
    error.request instanceof http.ClientRequest &&
    error.request.reusedSocket
  );
}
