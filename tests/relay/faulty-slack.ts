/** A Slack webhook on loopback that fails on order, and knows what it took before it failed. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";

export type SlackMood =
  | { readonly kind: "ok" }
  | { readonly kind: "status"; readonly status: number; readonly body: string; readonly retryAfter?: string }
  /** Cuts the connection, before or after the message is taken. */
  | { readonly kind: "reset"; readonly took: boolean }
  /** Never answers; the message is taken or not. */
  | { readonly kind: "hang"; readonly took: boolean };

export type TakenMessage = { readonly title: string; readonly text: string; readonly footer: string };

export type FaultySlack = {
  readonly url: string;
  /** What a reader of the channel sees, in order. */
  readonly taken: readonly TakenMessage[];
  /** Whole bodies of what was posted, taken or not. */
  readonly bodies: readonly string[];
  readonly posts: () => number;
  stop(): Promise<void>;
};

export async function startFaultySlack(
  moodOf: (message: TakenMessage, post: number) => SlackMood,
): Promise<FaultySlack> {
  const taken: TakenMessage[] = [];
  const bodies: string[] = [];
  let posts = 0;
  const server = createServer((request, response) => {
    void receive(request, response).catch(() => response.destroy());
  });
  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    bodies.push(JSON.stringify(body));
    const message = messageOf(body);
    posts += 1;
    const mood = moodOf(message, posts);
    if (mood.kind === "ok" || (mood.kind !== "status" && mood.took)) taken.push(message);
    switch (mood.kind) {
      case "ok":
        response.end("ok");
        return;
      case "status":
        response.writeHead(
          mood.status,
          mood.retryAfter === undefined ? {} : { "retry-after": mood.retryAfter },
        );
        response.end(mood.body);
        return;
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "hang":
    }
  }
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/services/hook`,
    taken,
    bodies,
    posts: () => posts,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

function messageOf(body: unknown): TakenMessage {
  const attachments: unknown = fieldOf(body, "attachments");
  const first: unknown = Array.isArray(attachments) ? attachments[0] : undefined;
  return { title: textOf(first, "title"), text: textOf(first, "text"), footer: textOf(first, "footer") };
}

function textOf(value: unknown, name: string): string {
  const field = fieldOf(value, name);
  return typeof field === "string" ? field : "";
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
