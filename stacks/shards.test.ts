import { describe, expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import { neededMegabytes } from "../scripts/deploy/preflight.ts";
import { synthesise } from "../tests/support/synthesise.ts";
import { collectorConfig } from "./files/collector-files.ts";
import { volumeNames } from "./volumes.ts";

const yaml = (shards: number, more = ""): string => `
environment: test
clusters:
  orders:
    kafka: { external: { bootstrap_servers: ["kafka-1:9092"] } }
    burrow: { managed: {} }
    shards: ${shards}
  orders-2: { burrow: { external: { servers: ["http://burrow:8000"] } } }
elasticsearch: { external: { url: "http://elasticsearch:9200" } }
${more}`;
const parse = (text: string) => parseConfig(text, "lagline.yaml");

function shardsOf(text: string) {
  const config = parse(text);
  const { orders } = config.clusters;
  if (orders === undefined) throw new Error("the cluster is in the text");
  return Array.from({ length: orders.shards }, (_, index) =>
    parse(collectorConfig(config, { name: "orders", cluster: orders, shard: index + 1 })),
  );
}

describe("shards of a cluster in a deployment", () => {
  test("each is a container beside the one Burrow, with a volume of its own", () => {
    const { containers } = synthesise(yaml(3));
    const names = containers.map(({ name }) => name).filter((name) => name.includes("orders"));
    expect(names.toSorted()).toEqual([
      "lagline-test-burrow-orders",
      "lagline-test-collector-orders",
      "lagline-test-collector-orders-2",
      "lagline-test-collector2-orders",
      "lagline-test-collector3-orders",
    ]);
    const volumes = volumeNames(parse(yaml(3))).filter((name) => name.includes("orders"));
    expect(new Set(volumes).size).toBe(4);
  });

  test("in Burrow's network namespace each has a port of its own, and the first knows the others'", () => {
    const [first, second, third] = shardsOf(yaml(3, "collector: { sidecar_mode: network-namespace }")).map(
      ({ collector }) => collector,
    );
    expect(first?.shard).toEqual({
      index: 1,
      of: 3,
      peers: ["http://127.0.0.1:8090", "http://127.0.0.1:8091"],
    });
    expect([first?.health_port, second?.health_port, third?.health_port]).toEqual([8089, 8090, 8091]);
    expect([first?.name, second?.name, third?.name]).toEqual(["orders", "orders-2", "orders-3"]);
    expect(second?.shard).toEqual({ index: 2, of: 3, peers: [] });
  });

  test("in containers of their own they are found by name", () => {
    const [first, second] = shardsOf(yaml(2, "collector: { sidecar_mode: shared-network }"));
    expect(first?.collector.shard?.peers).toEqual(["http://collector2-orders:8090"]);
    expect(second?.collector.health_address).toBe("0.0.0.0");
  });

  test("each takes memory", () => {
    expect(neededMegabytes(parse(yaml(3))) - neededMegabytes(parse(yaml(1)))).toBe(
      2 * parse(yaml(1)).collector.memory_megabytes,
    );
  });

  test("one collector reads all, as before", () => {
    expect(shardsOf(yaml(1))[0]?.collector.shard).toBeUndefined();
  });
});

describe("what the configuration refuses", () => {
  test.each([
    ["a number above", "shard: { index: 3, of: 2 }", /index must be at most of \(2\)/],
    [
      "a first that does not know the others",
      "shard: { index: 1, of: 3 }",
      /must name the 2 other collectors, got 0/,
    ],
    [
      "another that asks",
      'shard: { index: 2, of: 2, peers: ["http://a:1"] }',
      /belongs to the first shard only/,
    ],
  ])("%s", (_name, setting, expected) => {
    expect(() => parse(yaml(1, `collector: { ${setting} }`))).toThrow(expected);
  });

  test("both ways at once", () => {
    expect(() => parse(yaml(2, "collector: { shard: { index: 2, of: 2 } }"))).toThrow(/two ways to say it/);
  });
});
