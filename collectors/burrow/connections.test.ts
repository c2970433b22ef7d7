import net from "node:net";
import { afterEach, expect, test } from "vitest";
import { Connections, DEADLINE, STOPPED } from "./connections.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

type Served = { readonly connections: Connections; readonly sockets: net.Socket[]; requests: number };

/** A server that does what `answer` says with each request of each connection. */
async function serve(
  answer: (socket: net.Socket, request: number, connection: number) => void,
  maximum = 2,
): Promise<Served> {
  const sockets: net.Socket[] = [];
  const served: { requests: number } = { requests: 0 };
  const server = net.createServer((socket) => {
    const connection = sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => {
      served.requests += 1;
      answer(socket, served.requests, connection);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const connections = new Connections({ host: "127.0.0.1", port, tls: null, maximum });
  cleanups.push(() => {
    connections.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return Object.assign(served, { connections, sockets });
}

const request = { text: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", maximumBytes: 1000, timeoutMs: 5000 };
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const codeOf = async (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => "answered",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );

test("a server that is not there is a system error", async () => {
  const served = await serve(() => undefined);
  cleanups.splice(0).forEach((cleanup) => {
    cleanup();
  });
  expect(await codeOf(served.connections.get(request))).toBe("ECONNREFUSED");
});

test("what is no answer ends the connection, and the next request gets a new one", async () => {
  const served = await serve((socket, count) => {
    socket.write(count === 1 ? "SSH-2.0\r\n\r\n" : ok("good"));
  });
  expect(await codeOf(served.connections.get(request))).toBe("BAD_HTTP");
  expect((await served.connections.get(request)).body.toString()).toBe("good");
  expect(served.sockets).toHaveLength(2);
});

test("an answer that nobody asked for ends its connection", async () => {
  const served = await serve((socket) => {
    socket.write(ok("one"));
    setTimeout(() => socket.write(ok("two")), 20);
  });
  await served.connections.get(request);
  const [socket] = served.sockets;
  await new Promise((resolve) => socket?.once("close", resolve));
  expect((await served.connections.get(request)).body.toString()).toBe("one");
  expect(served.sockets).toHaveLength(2);
});

test("the deadline counts the wait for a connection as well", async () => {
  const served = await serve(() => undefined, 1);
  const asked = [60_000, 50].map(async (timeoutMs) =>
    codeOf(served.connections.get({ ...request, timeoutMs })),
  );
  expect(await Promise.race(asked)).toBe(DEADLINE);
  expect(served.sockets.length).toBeLessThanOrEqual(1);
  served.connections.close();
  expect(await asked[0]).toBe("ECONNRESET");
});

test("a stop ends what runs and what waits, and closes the connection", async () => {
  const stop = new AbortController();
  const served = await serve(() => undefined, 1);
  const asked = [1, 2].map(async () => codeOf(served.connections.get({ ...request, signal: stop.signal })));
  setTimeout(() => {
    stop.abort();
  }, 50);
  expect(await Promise.all(asked)).toEqual([STOPPED, STOPPED]);
});

test("no more than the maximum is open, and all requests are answered", async () => {
  const served = await serve((socket, count) => {
    setTimeout(() => socket.write(ok(String(count))), 5);
  });
  const answers = await Promise.all(Array.from({ length: 20 }, async () => served.connections.get(request)));
  expect(answers).toHaveLength(20);
  expect(served.sockets).toHaveLength(2);
});

test("a connection that the server closes after its answer is not used again", async () => {
  const served = await serve((socket) => {
    socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole");
  });
  for (const _ of [1, 2]) expect((await served.connections.get(request)).body.toString()).toBe("whole");
  expect(served.sockets).toHaveLength(2);
});

test("a request that meets a closed idle connection is sent again, once, on a new one", async () => {
  const served = await serve((socket, count, connection) => {
    if (count === 2) socket.destroy();
    else socket.write(ok(`connection ${connection}`));
  });
  await served.connections.get(request);
  expect((await served.connections.get(request)).body.toString()).toBe("connection 2");
  expect(served.requests).toBe(3);
});

test("a request on a new connection is not sent again", async () => {
  const served = await serve((socket) => {
    socket.destroy();
  });
  expect(await codeOf(served.connections.get(request))).toBe("ECONNRESET");
  expect(served.requests).toBe(1);
});

test("an answer that is cut in the middle is not asked for again", async () => {
  const served = await serve((socket, count) => {
    if (count === 1) socket.write(ok("one"));
    else socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nha");
  });
  await served.connections.get(request);
  await expect(served.connections.get(request)).rejects.toThrow("aborted");
  expect(served.requests).toBe(2);
});
