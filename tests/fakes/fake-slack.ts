/** A Slack incoming webhook on loopback: records what is posted and answers `ok`, or what a test tells it to. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

export type SlackPost = { readonly receivedAtMs: number; readonly path: string; readonly body: unknown };
export type SlackAnswer = {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const OK: SlackAnswer = { status: 200, body: "ok", headers: { "content-type": "text/html" } };
/** Slack's own limit of a message is far below; beyond it the sender is broken. */
const MAXIMUM_BYTES = 1_048_576;

export class FakeSlack {
  readonly posts: SlackPost[] = [];
  readonly #server: Server;
  #answers: SlackAnswer[] = [];
  #port = 0;

  constructor(onPost: (post: SlackPost) => void = () => {}) {
    this.#server = createServer((request, response) => {
      void this.#receive(request, response, onPost);
    });
  }

  /** Port 0: any free port. */
  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
    const address = this.#server.address();
    this.#port = address !== null && typeof address === "object" ? address.port : 0;
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/services/hook`;
  }

  /** Answers of the next posts, in order; after them `ok` again. */
  answerNext(...answers: readonly SlackAnswer[]): void {
    this.#answers.push(...answers);
  }

  async #receive(
    request: IncomingMessage,
    response: ServerResponse,
    onPost: (post: SlackPost) => void,
  ): Promise<void> {
    try {
      const text = await readBody(request);
      const post = { receivedAtMs: Date.now(), path: request.url ?? "/", body: parseBody(text) };
      this.posts.push(post);
      onPost(post);
      const answer = this.#answers.shift() ?? OK;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      response.destroy();
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > MAXIMUM_BYTES) throw new Error(`body above ${MAXIMUM_BYTES} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
