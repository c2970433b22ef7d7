/** Addresses that mean this host in lagline.yaml, but the container itself once a container reads them. Pure. */
import type { Config } from "../../config/schema.ts";

/** A sentence per setting that no container of the deployment can reach. */
export function loopbackProblems(config: Config): string[] {
  const { external } = config.elasticsearch;
  const settings: (readonly [string, readonly string[]])[] = [
    ...Object.entries(config.clusters).flatMap(([name, { kafka, burrow }]) => [
      [
        `clusters.${name}.kafka.external.bootstrap_servers`,
        burrow.managed === undefined ? [] : (kafka?.external?.bootstrap_servers ?? []),
      ] as const,
      [`clusters.${name}.burrow.external.servers`, burrow.external?.servers ?? []] as const,
    ]),
    ["elasticsearch.external.url", external?.urls ?? (external?.url === undefined ? [] : [external.url])],
  ];
  return settings.flatMap(([setting, addresses]) =>
    addresses
      .filter(isLoopback)
      .map(
        (address) =>
          `${setting} is ${address}, which inside a container is the container itself. Use a name or address of this host that other machines could use, too.`,
      ),
  );
}

function isLoopback(address: string): boolean {
  const url = address.includes("://") ? address : `kafka://${address}`;
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(host);
}
