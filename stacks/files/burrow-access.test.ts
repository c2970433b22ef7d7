import { describe, expect, it } from "vitest";
import { burrowSource } from "../../collectors/settings.ts";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { listSecrets } from "../../scripts/secrets/secrets.ts";
import { synthesise } from "../../tests/support/synthesise.ts";
import { collectorConfig } from "./collector-files.ts";

const yamlWith = (credentials: string): string => `
environment: t
clusters:
  shop:
    burrow:
      external:
        servers: ["https://burrow-1:8000", "https://burrow-2:8000"]
        api_prefix: /kafka/burrow
        ${credentials}
        tls: { ca_file: keys/ca.crt, certificate_file: keys/c.crt, key_file: keys/c.key, server_name: burrow }
elasticsearch: { external: { url: "http://search.example:9200" } }
grafana: { files: {} }
`;
const YAML = yamlWith("username: reader\n        password_file: keys/password");
const SECRETS = "/run/secrets";
const NAMES = ["burrow-password", "burrow-ca", "burrow-certificate", "burrow-key"];

function inside(yaml: string): Config {
  const config = parseConfig(yaml, "t.yaml");
  const shop = config.clusters["shop"];
  if (shop === undefined) throw new Error("The configuration has no cluster shop.");
  return parseConfig(collectorConfig(config, { name: "shop", cluster: shop }), "inside.yaml");
}

describe("a collector that is deployed beside an external Burrow", () => {
  it("reads it as the configuration says: all servers, prefix, credentials, TLS", () => {
    expect(burrowSource(inside(YAML), "shop")).toMatchObject({
      servers: ["https://burrow-1:8000", "https://burrow-2:8000"],
      apiPrefix: "/kafka/burrow",
      usernameAndPasswordFile: { username: "reader", passwordFile: `${SECRETS}/burrow-password` },
      tlsFiles: {
        ca: `${SECRETS}/burrow-ca`,
        certificate: `${SECRETS}/burrow-certificate`,
        key: `${SECRETS}/burrow-key`,
        serverName: "burrow",
      },
    });
  });

  it("has a bearer token where that is how it gets in", () => {
    expect(burrowSource(inside(yamlWith("bearer_token_file: keys/token")), "shop")).toMatchObject({
      bearerTokenFile: `${SECRETS}/burrow-bearer-token`,
    });
  });

  it("has the files mounted read-only, from where they are staged", () => {
    const { containers } = synthesise(YAML);
    const collector = containers.find(({ name }) => name === "lagline-t-collector-shop");
    expect(collector?.["volumes"]).toEqual(
      expect.arrayContaining(
        NAMES.map((name) => ({
          container_path: `${SECRETS}/${name}`,
          host_path: `\${abspath("../../../secrets/shop-${name}")}`,
          read_only: true,
        })),
      ),
    );
    const staged = listSecrets(parseConfig(YAML, "t.yaml"));
    expect(staged).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: "shop-burrow-password",
          setting: "clusters.shop.burrow.external.password_file",
        }),
      ]),
    );
    expect(staged.map(({ name }) => name)).toEqual(
      expect.arrayContaining(NAMES.map((name) => `shop-${name}`)),
    );
  });
});
