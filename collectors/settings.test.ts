import { describe, expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { collectorName } from "./settings.ts";

function configWith(collector: Record<string, unknown>): Config {
  const config = {
    environment: "test",
    clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
    elasticsearch: { external: { url: "http://127.0.0.1:9200" } },
    collector,
  };
  return parseConfig(JSON.stringify(config), "lagline.yaml");
}

describe("the name of a collector", () => {
  test("that could not be a name in documents and queries is refused", () => {
    expect(() => configWith({ name: "a b" })).toThrow(/collector\.name must be 1 to 128 letters/);
  });

  test("is the host's where the host has a usable one, else the cluster's", () => {
    expect(collectorName(configWith({}), "orders", "kafka-mon-1.example")).toBe("kafka-mon-1.example");
    expect(collectorName(configWith({}), "orders", "")).toBe("orders");
  });

  test("is the one that was set", () => {
    expect(collectorName(configWith({ name: "east" }), "orders", "kafka-mon-1")).toBe("east");
  });
});

test("a standby that reads after a fifth of the interval is refused", () => {
  expect(() => configWith({ interval_seconds: 10, standby_seconds: 3 })).toThrow(
    /collector\.standby_seconds must be at most a fifth of collector\.interval_seconds \(10\)/,
  );
  expect(configWith({ interval_seconds: 10, standby_seconds: 2 }).collector.standby_seconds).toBe(2);
});
