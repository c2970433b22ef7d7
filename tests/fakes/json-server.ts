/** Answers paths with set JSON on loopback: for servers of which a test needs a few answers only. */
import { createServer } from "node:http";

export type JsonAnswer = { readonly status?: number; readonly body: unknown };

export type JsonServer = {
  readonly url: string;
  /** Sets the answer of `METHOD /path` (without its query). What is not set answers 404. */
  readonly set: (route: string, answer: JsonAnswer) => void;
  /** Routes asked for, in order. */
  readonly asked: readonly string[];
  readonly stop: () => Promise<void>;
};

export async function startJsonServer(routes: Readonly<Record<string, JsonAnswer>>): Promise<JsonServer> {
  const answers = new Map(Object.entries(routes));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const route = `${request.method ?? ""} ${decodeURIComponent((request.url ?? "").split("?")[0] ?? "")}`;
    asked.push(route);
    const { status = 200, body } = answers.get(route) ?? { status: 404, body: { message: "not found" } };
    request.resume();
    response.writeHead(status, { "content-type": "application/json", "x-elastic-product": "Elasticsearch" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    set: (route, answer) => void answers.set(route, answer),
    asked,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
