/** A socket beside the lock, by which a holder in another container is seen: it answers as long as it lives. */
import { open, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";

const SOCKET = "lock.socket";

/** Undefined on a file system without sockets: the pid alone has to do. */
export async function listenBeside(directory: string): Promise<Server | undefined> {
  return inDirectory(directory, async (short) => {
    await rm(join(directory, SOCKET), { force: true });
    const server = createServer((socket) => socket.destroy());
    server.unref();
    return new Promise<Server | undefined>((resolve) => {
      server.once("error", () => {
        resolve(undefined);
      });
      server.listen(join(short, SOCKET), () => {
        resolve(server);
      });
    });
  });
}

export async function answersBeside(directory: string): Promise<boolean> {
  return inDirectory(
    directory,
    async (short) =>
      new Promise<boolean>((resolve) => {
        const socket = connect(join(short, SOCKET));
        socket.once("connect", () => {
          socket.destroy();
          resolve(true);
        });
        socket.once("error", () => {
          resolve(false);
        });
      }),
  );
}

export async function closeBeside(directory: string, server: Server | undefined): Promise<void> {
  server?.close();
  await rm(join(directory, SOCKET), { force: true });
}

/** Socket addresses end at 107 bytes; through an open directory any path is short. */
async function inDirectory<T>(directory: string, run: (short: string) => Promise<T>): Promise<T> {
  if (join(directory, SOCKET).length < 100) return run(directory);
  const handle = await open(directory, "r");
  try {
    return await run(`/proc/self/fd/${handle.fd}`);
  } finally {
    await handle.close();
  }
}
