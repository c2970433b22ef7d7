import { describe, expect, test } from "vitest";
import { cloudAddress } from "./cloud-id.ts";
import { parseConfig } from "./load.ts";

const idOf = (decoded: string, name = "prod"): string => `${name}:${Buffer.from(decoded).toString("base64")}`;

function externalOf(external: Record<string, unknown>) {
  const config = {
    environment: "prod",
    clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
    elasticsearch: { external },
  };
  return parseConfig(JSON.stringify(config), "lagline.yaml").elasticsearch.external;
}

describe("a cloud id is refused", () => {
  test.each([
    ["without a name", Buffer.from("host$es").toString("base64")],
    ["that is not base64", "prod:host$es"],
    ["without Elasticsearch", idOf("eu-west-1.example.test")],
    ["with an empty part", idOf("$es$kibana")],
    ["with something else than hosts", idOf("eu.example.test/x$es")],
    ["that is empty", ""],
  ])("%s", (_name, id) => {
    expect(cloudAddress(id)).toBeUndefined();
    expect(() => externalOf({ cloud_id: id })).toThrow(/elasticsearch\.external\.cloud_id must/);
  });

  test("beside an address", () => {
    expect(() => externalOf({ cloud_id: idOf("a.test$b"), url: "http://127.0.0.1:9200" })).toThrow(
      /exactly one of `url`, `urls`, `cloud_id`/,
    );
  });
});

describe("a cloud id", () => {
  test.each([
    ["eu-west-1.example.test$abc123$def456", "https://abc123.eu-west-1.example.test"],
    ["eu-west-1.example.test:443$abc123$", "https://abc123.eu-west-1.example.test"],
    ["eu-west-1.example.test:9243$abc123$def456", "https://abc123.eu-west-1.example.test:9243"],
    ["eu-west-1.example.test$abc123:9244$def456:9245", "https://abc123.eu-west-1.example.test:9244"],
  ])("of %s is the address %s", (decoded, address) => {
    expect(cloudAddress(idOf(decoded))).toBe(address);
    expect(externalOf({ cloud_id: idOf(decoded) })?.urls).toEqual([address]);
  });

  test("may have any name", () => {
    expect(cloudAddress(idOf("a.test$b", "my deployment"))).toBe("https://b.a.test");
  });
});
