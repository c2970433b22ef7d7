/**
 * Kept connections to one Burrow, and GET over them. Node's own HTTP client spent a tenth of all CPU of a cycle on its
 * requests (agent, header objects, two streams each); what is needed here is one short text out and one answer in.
 */
import net from "node:net";
import process from "node:process";
import type { ConnectionOptions } from "node:tls";
import { type HttpAnswer, AnswerReader, BodyMemory } from "./answer-reader.ts";

export type ConnectionsOptions = {
  readonly host: string;
  readonly port: number;
  /** Null for plain HTTP. */
  readonly tls: ConnectionOptions | null;
  /** Open at a time; further requests wait. */
  readonly maximum: number;
};

export type WireRequest = {
  /** Request line and headers, as sent. */
  readonly text: string;
  readonly maximumBytes: number;
  /** From now to the last byte read. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
};

/** Codes of what ended a request from this side, in place of a system error's. */
export const DEADLINE = "ECONNABORTED";
export const STOPPED = "ERR_CANCELED";

/** Bytes read at a time, into memory that is used again. */
const READ_BYTES = 65_536;

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #waiting: Exchange[] = [];
  readonly #bodies = new BodyMemory();
  /** One for all: a read is taken over before the next one of any connection begins. */
  readonly #memory = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** @throws Error with `code`: of the system, of TLS, `BAD_HTTP`, `DEADLINE` or `STOPPED`. */
  async get(request: WireRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange({ ...request, bodies: this.#bodies }, { resolve, reject });
      exchange.onOver = () => {
        this.#next();
      };
      this.#run(exchange);
    });
  }

  /** The body of an answer is not read any more. */
  giveBack(body: Buffer): void {
    this.#bodies.giveBack(body);
  }

  close(): void {
    for (const connection of this.#open) connection.destroy();
  }

  #run(exchange: Exchange): void {
    const idle = this.#idle.pop();
    if (idle !== undefined) idle.run(exchange);
    else if (this.#open.size < this.#options.maximum) this.#connect().run(exchange);
    else this.#waiting.push(exchange);
  }

  #next(): void {
    const exchange = this.#waiting.shift();
    if (exchange === undefined) return;
    if (exchange.isOver) this.#next();
    else this.#run(exchange);
  }

  #connect(): Connection {
    const connection: Connection = new Connection(
      { ...this.#options, memory: this.#memory },
      {
        idle: () => {
          this.#idle.push(connection);
        },
        closed: () => {
          this.#forget(connection);
        },
        // The others have been idle for as long, so they are gone as well.
        stale: (exchange) => {
          for (const idle of this.#idle.splice(0)) idle.destroy();
          this.#run(exchange);
        },
      },
    );
    this.#open.add(connection);
    return connection;
  }

  #forget(connection: Connection): void {
    this.#open.delete(connection);
    const place = this.#idle.indexOf(connection);
    if (place !== -1) this.#idle.splice(place, 1);
    this.#next();
  }
}

type Settle = { readonly resolve: (answer: HttpAnswer) => void; readonly reject: (error: Error) => void };

/** One request and what becomes of it. */
class Exchange {
  readonly text: string;
  readonly reader: AnswerReader;
  isOver = false;
  /** Sent again on a new connection, because the first one turned out to be closed. */
  isRepeated = false;
  /** Gives the connection up when the deadline passes or the scrape is stopped. */
  onCut: (() => void) | null = null;
  onOver: (() => void) | null = null;
  readonly #settle: Settle;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly #stop = (): void => {
    this.#cut(coded("The request was stopped.", STOPPED));
  };

  constructor(request: WireRequest & { readonly bodies: BodyMemory }, settle: Settle) {
    const { text, maximumBytes, timeoutMs, signal, bodies } = request;
    this.text = text;
    this.reader = new AnswerReader(maximumBytes, bodies);
    this.#settle = settle;
    this.#signal = signal;
    this.#timer = setTimeout(() => {
      this.#cut(coded("The deadline has passed.", DEADLINE));
    }, timeoutMs);
    signal?.addEventListener("abort", this.#stop);
  }

  answered(): void {
    if (this.#close()) this.#settle.resolve(this.reader.answer());
    this.onOver?.();
  }

  failed(error: Error): void {
    if (this.#close()) this.#settle.reject(error);
    this.onOver?.();
  }

  #cut(error: Error): void {
    this.failed(error);
    this.onCut?.();
  }

  /** False when it was over before. */
  #close(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#stop);
    return true;
  }
}

type Owner = {
  readonly idle: () => void;
  readonly closed: () => void;
  /** The connection was closed while it was idle: nothing of the request was read, so it may be sent again. */
  readonly stale: (exchange: Exchange) => void;
};

class Connection {
  readonly #socket: net.Socket;
  readonly #owner: Owner;
  #exchange: Exchange | null = null;
  #isReused = false;

  constructor(options: SocketOptions, owner: Owner) {
    this.#owner = owner;
    this.#socket = openSocket(options, (bytes) => {
      this.#read(bytes);
    });
    this.#socket.on("error", (error) => {
      this.#fail(error);
    });
    this.#socket.on("end", () => {
      if (this.#exchange?.reader.end() === true) this.#answered(this.#exchange);
      else this.#fail(this.#hangUp());
    });
    this.#socket.on("close", () => {
      this.#fail(this.#hangUp());
      owner.closed();
    });
  }

  run(exchange: Exchange): void {
    this.#exchange = exchange;
    exchange.onCut = () => {
      this.destroy();
    };
    this.#socket.ref();
    this.#socket.write(exchange.text, "latin1");
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    const exchange = this.#exchange;
    // Nobody asked.
    if (exchange === null) {
      this.destroy();
      return;
    }
    try {
      if (exchange.reader.push(bytes)) this.#answered(exchange);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #answered(exchange: Exchange): void {
    this.#exchange = null;
    exchange.onCut = null;
    this.#isReused = true;
    if (exchange.reader.keepsOpen && !this.#socket.destroyed) {
      // An idle connection must not keep a process alive that has nothing else to do.
      this.#socket.unref();
      this.#owner.idle();
    } else {
      this.destroy();
    }
    exchange.answered();
  }

  #fail(error: Error): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.destroy();
    if (exchange === null || exchange.isOver) return;
    exchange.onCut = null;
    const isStale = this.#isReused && !exchange.reader.begun && isHangUp(error);
    if (isStale && !exchange.isRepeated) {
      exchange.isRepeated = true;
      this.#owner.stale(exchange);
    } else {
      exchange.failed(error);
    }
  }

  /** In the words that tell the two from each other: see `classifyFailure`. */
  #hangUp(): Error {
    const isBegun = this.#exchange?.reader.begun === true;
    return coded(isBegun ? "aborted" : "socket hang up", "ECONNRESET");
  }
}

type SocketOptions = ConnectionsOptions & { readonly memory: Buffer };

function openSocket(options: SocketOptions, read: (bytes: Buffer) => void): net.Socket {
  const { host, port, tls, memory } = options;
  const common = { host, port, noDelay: true, keepAlive: true };
  if (tls !== null) {
    // TLS is loaded where it is used.
    const socket = process.getBuiltinModule("node:tls").connect({ ...common, ...tls });
    return socket.on("data", read);
  }
  return net.connect({
    ...common,
    onread: {
      buffer: memory,
      callback: (count) => {
        read(memory.subarray(0, count));
        return true;
      },
    },
  });
}

function isHangUp(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
