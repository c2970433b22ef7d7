/**
 * The demo writes topics, messages and committed offsets, so it refuses a Kafka that may be somebody's real one: every
 * address, also those the brokers advertise, must be this host or a private container network.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { LaglineError } from "../../model/errors.ts";

const LOOPBACK = blockList([
  ["127.0.0.0", 8, "ipv4"],
  ["::1", 128, "ipv6"],
]);
/** RFC 1918 and RFC 4193: what container networks use. Only trusted behind a container name, see `judgeHost`. */
const PRIVATE = blockList([
  ["10.0.0.0", 8, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["fc00::", 7, "ipv6"],
]);

export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveHost: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Why the demo must not write to a host; undefined where it may. A literal private address is refused: on most
 * networks it is another machine. A name without a dot is a container name, provided that it resolves to private
 * addresses only; a name that does not resolve is left to the connection attempt.
 */
export async function judgeHost(host: string, resolve: Resolve): Promise<string | undefined> {
  const bare = host.replace(/^\[|\]$/g, "");
  if (isIP(bare) !== 0) return inList(LOOPBACK, bare) ? undefined : `${host} is not a loopback address`;
  if (bare === "localhost" || bare.endsWith(".localhost")) return undefined;
  if (bare.includes(".")) return `${host} is not a name of this host or of a container`;
  const addresses = await resolve(bare).catch(() => []);
  const outside = addresses.find((address) => !inList(LOOPBACK, address) && !inList(PRIVATE, address));
  return outside === undefined ? undefined : `${host} resolves to ${outside}, which is not a private address`;
}

/**
 * Checks every host, all problems at once.
 * @throws LaglineError `LAGLINE_DEMO_REMOTE`.
 */
export async function refuseRemote(hosts: readonly string[], resolve: Resolve = resolveHost): Promise<void> {
  const judged = await Promise.all([...new Set(hosts)].map(async (host) => judgeHost(host, resolve)));
  const problems = judged.filter((problem) => problem !== undefined);
  if (problems.length === 0) return;
  throw new LaglineError({
    code: "LAGLINE_DEMO_REMOTE",
    message: `The demo does not write to this Kafka: ${problems.join("; ")}.`,
    hint: "Use a Kafka on this host or in a container network, or pass --allow-remote if this cluster is yours to play with.",
  });
}

/** The host of `host:port`, IPv6 in brackets. */
export function hostOf(server: string): string {
  return server.replace(/:\d+$/, "");
}

function blockList(subnets: readonly (readonly [string, number, "ipv4" | "ipv6"])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix, family] of subnets) list.addSubnet(net, prefix, family);
  return list;
}

function inList(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
