/** The only file that speaks HTTP to Burrow: GET with a deadline, and every failure as a `ScrapeProblem`. */
import type { ConnectionOptions } from "node:tls";
import axios, { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from "axios";
import type { ScrapeProblem } from "../../model/snapshot.ts";
import { classifyFailure, judgeAnswer, type RawAnswer } from "./answer.ts";
import { DEADLINE, STOPPED } from "./connections.ts";
import { type HttpAdapter, createHttpAdapter } from "./http-adapter.ts";

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
  readonly #basePath: string;
  readonly #adapter: HttpAdapter;
  readonly #config: InternalAxiosRequestConfig;

  constructor(options: BurrowClientOptions) {
    const base = new URL(options.server);
    this.server = options.server;
    this.#options = options;
    this.#basePath = base.pathname.replace(/\/+$/, "");
    this.#adapter = createHttpAdapter({
      server: base,
      tls: tlsOptions(options.tls),
      maximumConnections: options.concurrency,
      maximumBytes: options.maximumBytes,
    });
    this.#config = axiosConfig(options, this.#adapter);
  }

  async get(path: string, subject: RequestSubject, signal: AbortSignal): Promise<BurrowAnswer> {
    const { server, cluster, timeoutMs } = this.#options;
    const about = { ...subject, server, cluster, timeoutMs };
    const raw: RawAnswer = signal.aborted
      ? { kind: "failure", error: null, aborted: "stop" }
      : await this.#attempt(path, signal);
    if (raw.kind === "failure") {
      return { ok: false, status: null, problem: classifyFailure(raw, about), dateMs: null };
    }
    const answer = judgeAnswer(raw, about);
    this.#adapter.giveBack(raw.body);
    return answer;
  }

  close(): void {
    this.#adapter.close();
  }

  /**
   * The adapter itself, without axios' own steps behind it: every status is an answer, and the body is parsed in
   * answer.ts, because axios' JSON step costs more and hides the failed text.
   */
  async #attempt(path: string, signal: AbortSignal): Promise<RawAnswer> {
    const sentMs = Date.now();
    this.requests += 1;
    try {
      const config = { ...this.#config, url: this.#basePath + path, signal };
      const { status, headers, data } = await this.#adapter.send(config);
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
      return { kind: "failure", error, aborted: abortedBy(error) };
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function abortedBy(error: unknown): "deadline" | "stop" | null {
  if (!(error instanceof AxiosError)) return null;
  return error.code === STOPPED ? "stop" : error.code === DEADLINE ? "deadline" : null;
}

function tlsOptions({ ca, certificate, key, serverName }: BurrowTls = {}): ConnectionOptions {
  return {
    minVersion: "TLSv1.2",
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

/**
 * Axios' settings are merged once, for all requests: they are the same, and merging them anew took more time than
 * sending (0.15 ms a request while the code is cold, in a cycle of hundreds). No redirect (one of Burrow leads to another
 * group, one of a proxy to anywhere), no HTTP_PROXY that would take over loopback calls, and no decompression, which
 * Burrow never needs and a compression bomb would: the adapter knows none of them.
 */
function axiosConfig(options: BurrowClientOptions, adapter: HttpAdapter): InternalAxiosRequestConfig {
  return {
    ...axios.create({ method: "get", adapter: adapter.send }).defaults,
    timeout: options.timeoutMs,
    headers: new AxiosHeaders({
      Accept: "application/json",
      "Accept-Encoding": "identity",
      "User-Agent": "lagline",
      ...authorization(options.credentials),
    }),
  };
}

function authorization(credentials: BurrowCredentials | undefined): { readonly Authorization?: string } {
  if (credentials === undefined) {
    return {};
  }
  if ("token" in credentials) {
    return { Authorization: `Bearer ${credentials.token}` };
  }
  const pair = Buffer.from(`${credentials.username}:${credentials.password}`, "utf8");
  return { Authorization: `Basic ${pair.toString("base64")}` };
}
