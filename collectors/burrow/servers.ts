/** Several addresses of one Burrow, or several Burrows of one cluster: the first that can be read is kept. */
import type { ScrapeProblem } from "../../model/snapshot.ts";
import type { BurrowClient } from "./client.ts";
import { type Probe, type SettingsCache, probeBurrow } from "./state.ts";

export type Servers = {
  /** Probes until one can be used, starting with the one used last; else gives the first that at least answered. */
  choose(signal: AbortSignal): Promise<{ readonly client: BurrowClient; readonly probe: Probe }>;
  /** Its state was fine and its data could not be read: the next choice begins with the one after it. */
  avoid(client: BurrowClient): void;
};

export function createServers(options: {
  readonly clients: readonly [BurrowClient, ...BurrowClient[]];
  readonly cluster: string;
  readonly prefix: string;
}): Servers {
  const { clients, cluster, prefix } = options;
  const settings: SettingsCache = new Map();
  let preferred: BurrowClient = clients[0];
  return {
    async choose(signal) {
      const problems: ScrapeProblem[] = [];
      let best: { client: BurrowClient; probe: Probe } | undefined;
      for (const client of [preferred, ...clients.filter((other) => other !== preferred)]) {
        const probe = await probeBurrow({ client, cluster, prefix, signal, settings });
        problems.push(...probe.problems);
        if (best === undefined || probe.usable || (probe.reachable && !best.probe.reachable)) {
          best = { client, probe };
        }
        if (probe.usable) {
          preferred = client;
          break;
        }
      }
      if (best === undefined) {
        throw new RangeError("There is at least one server.");
      }
      return { client: best.client, probe: { ...best.probe, problems } };
    },
    avoid(client) {
      preferred = clients[(clients.indexOf(client) + 1) % clients.length] ?? client;
    },
  };
}
