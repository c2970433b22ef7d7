/** The only file that speaks HTTP to Burrow: GET with a deadline, and every failure as a `ScrapeProblem`. */
import http from "node:http";
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import axios, {
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  type GenericAbortSignal,
  type InternalAxiosRequestConfig,
} from "axios";
import type { ScrapeProblem } from "../../model/snapshot.ts";
import { classifyFailure, judgeAnswer, type RawAnswer } from "./answer.ts";
import { createHttpAdapter } from "./http-adapter.ts";

export type BurrowCredentials =
  | { readonly username: string; readonly password: string }
  | { readonly token: string };

export type BurrowTls = {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly serverName?: string;
  /** Oldest version that is spoken. @default TLSv1.2 */
  readonly minimumVersion?: TlsVersion;
};

export type TlsVersion = "TLSv1.2" | "TLSv1.3";

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
  /**
   * Reads the files behind the credentials and TLS again, when a server refuses or is not trusted: they may have been
   * rotated. Throws where they cannot be used; then the old ones stay.
   */
  readonly readAgain?: () => BurrowAccess;
};

/** Who we are, and whom we trust. */
export type BurrowAccess = Pick<BurrowClientOptions, "credentials" | "tls">;

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
  readonly #base: URL;
  #access: BurrowAccess;
  #agent: http.Agent;
  #send: Send;

  constructor(options: BurrowClientOptions) {
    const base = new URL(options.server);
    this.server = options.server;
    this.#options = options;
    this.#basePath = base.pathname.replace(/\/+$/, "");
    this.#base = base;
    this.#access = { ...pick(options) };
    this.#agent = createAgent(options, base.protocol === "https:");
    this.#send = createSend(options, base, this.#agent);
  }

  async get(path: string, subject: RequestSubject, signal: AbortSignal): Promise<BurrowAnswer> {
    const answer = await this.#ask(path, subject, signal);
    // Once per question about the whole server: a tick begins with some, and thousands about groups follow.
    const mayBeRotated =
      !answer.ok && (answer.problem.kind === "unauthorized" || answer.problem.kind === "tls");
    return mayBeRotated && !isAboutPart(subject) && this.#renew() ? this.#ask(path, subject, signal) : answer;
  }

  async #ask(path: string, subject: RequestSubject, signal: AbortSignal): Promise<BurrowAnswer> {
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

  /** True when the files hold something else now; the connections made with the old are closed. */
  #renew(): boolean {
    let fresh: BurrowAccess;
    try {
      fresh = pick(this.#options.readAgain?.() ?? this.#access);
    } catch {
      // They are being replaced at this moment; the next refusal reads them again.
      return false;
    }
    if (isDeepStrictEqual(fresh, this.#access)) return false;
    const { credentials: _old, tls: _trusted, ...rest } = this.#options;
    const options = { ...rest, ...fresh };
    this.#access = fresh;
    this.#agent.destroy();
    this.#agent = createAgent(options, this.#base.protocol === "https:");
    this.#send = createSend(options, this.#base, this.#agent);
    return true;
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
      const { status, headers, data } = await this.#send(this.#basePath + path, controller.signal);
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

function pick({ credentials, tls }: BurrowAccess): BurrowAccess {
  return { ...(credentials === undefined ? {} : { credentials }), ...(tls === undefined ? {} : { tls }) };
}

function isAboutPart({ scope }: RequestSubject): boolean {
  return scope === "group" || scope === "topic" || scope === "partition";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function createAgent(options: BurrowClientOptions, secure: boolean): http.Agent {
  const common = { keepAlive: true, maxSockets: options.concurrency, maxFreeSockets: options.concurrency };
  if (!secure) {
    return new http.Agent(common);
  }
  const { ca, certificate, key, serverName, minimumVersion = "TLSv1.2" } = options.tls ?? {};
  const https = process.getBuiltinModule("node:https");
  return new https.Agent({
    ...common,
    minVersion: minimumVersion,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  });
}

type Send = (url: string, signal: GenericAbortSignal) => Promise<AxiosResponse<unknown>>;

/**
 * Axios' settings are merged once, for all requests: they are the same, and merging them anew took more time than
 * sending (0.15 ms a request while the code is cold, in a cycle of hundreds).
 */
function createSend(options: BurrowClientOptions, server: URL, agent: http.Agent): Send {
  // No redirect (one of Burrow leads to another group, one of a proxy to anywhere), no HTTP_PROXY that would take
  // over loopback calls, and no decompression, which Burrow never needs and a compression bomb would.
  const adapter = createHttpAdapter({ server, agent, maximumBytes: options.maximumBytes });
  const config: InternalAxiosRequestConfig = {
    ...axios.create({ method: "get", adapter }).defaults,
    headers: new AxiosHeaders({
      Accept: "application/json",
      "Accept-Encoding": "identity",
      "User-Agent": "lagline",
      ...authorization(options.credentials),
    }),
  };
  // The adapter itself, without axios' own steps behind it: every status is an answer, and the body is parsed in
  // answer.ts, because axios' JSON step costs more and hides the failed text.
  return async (url, signal) => adapter({ ...config, url, signal });
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
