/** Ports for what is deployed: the defaults, or the next ones that are free where another program has them. */
import { createServer } from "node:net";

export type Ports = { readonly elasticsearch: number; readonly grafana: number };

/** Defaults of elasticsearch.managed.host_port and grafana.managed.host_port. */
export const DEFAULT_PORTS: Ports = { elasticsearch: 19_200, grafana: 13_000 };

/** Another installation may have moved by this much as well, so a few steps are tried. */
const STEP = 100;
const TRIES = 20;

export async function choosePorts(isFree: (port: number) => Promise<boolean> = listens): Promise<Ports> {
  return {
    elasticsearch: await firstFree(DEFAULT_PORTS.elasticsearch, isFree),
    grafana: await firstFree(DEFAULT_PORTS.grafana, isFree),
  };
}

/** The default where none is free: what is in the way is then said when it is deployed. */
async function firstFree(first: number, isFree: (port: number) => Promise<boolean>): Promise<number> {
  for (let port = first; port < first + TRIES * STEP; port += STEP) {
    if (await isFree(port)) return port;
  }
  return first;
}

async function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(false);
    });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
