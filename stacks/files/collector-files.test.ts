import { describe, expect, it } from "vitest";
import { clientSettings } from "../../collectors/elasticsearch/connection.ts";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { listSecrets } from "../../scripts/secrets/secrets.ts";
import { synthesise } from "../../tests/support/synthesise.ts";
import { collectorConfig } from "./collector-files.ts";

const YAML = `
environment: t
clusters:
  shop: { kafka: { managed: {} }, burrow: { managed: {} } }
elasticsearch:
  external:
    url: "https://search.example:9200"
    username: lagline
    password_file: keys/password
    headers: { X-Tenant: a }
    tls: { ca_file: keys/ca.crt, certificate_file: keys/client.crt, key_file: keys/client.key, minimum_version: TLSv1.3 }
grafana: { files: {} }
`;

const SECRETS = "/run/secrets";
const NAMES = [
  "elasticsearch-password",
  "elasticsearch-ca",
  "elasticsearch-certificate",
  "elasticsearch-key",
];

function inside(yaml: string): Config {
  const config = parseConfig(yaml, "t.yaml");
  const shop = config.clusters["shop"];
  if (shop === undefined) throw new Error("The configuration has no cluster shop.");
  return parseConfig(collectorConfig(config, { name: "shop", cluster: shop }), "inside.yaml");
}

describe("the client certificate for an external Elasticsearch", () => {
  it("is in the configuration that the collector reads, with everything else that lets it in", () => {
    expect(clientSettings(inside(YAML), "collector")).toEqual({
      urls: ["https://search.example:9200"],
      headers: { "X-Tenant": "a" },
      minimumTlsVersion: "TLSv1.3",
      files: {
        username: "lagline",
        passwordFile: `${SECRETS}/elasticsearch-password`,
        caFile: `${SECRETS}/elasticsearch-ca`,
        certificateFile: `${SECRETS}/elasticsearch-certificate`,
        keyFile: `${SECRETS}/elasticsearch-key`,
      },
    });
  });

  it("is mounted read-only into every container that reads that configuration", () => {
    const readers = synthesise(YAML).containers.filter(({ command }) =>
      JSON.stringify(command ?? []).includes("lagline.yaml"),
    );
    expect(readers.map(({ name }) => name)).toContain("lagline-t-collector-shop");
    for (const reader of readers) {
      const secrets = NAMES.map((name) => ({
        container_path: `${SECRETS}/${name}`,
        host_path: `\${abspath("../../../secrets/${name}")}`,
        read_only: true,
      }));
      expect(reader["volumes"]).toEqual(expect.arrayContaining(secrets));
    }
  });

  it("is staged under those names, from files that are called by their settings", () => {
    const staged = listSecrets(parseConfig(YAML, "t.yaml")).filter(({ name }) => NAMES.includes(name));
    expect(staged.map(({ name, setting }) => [name, setting])).toEqual([
      ["elasticsearch-password", "elasticsearch.external.password_file"],
      ["elasticsearch-ca", "elasticsearch.external.tls.ca_file"],
      ["elasticsearch-certificate", "elasticsearch.external.tls.certificate_file"],
      ["elasticsearch-key", "elasticsearch.external.tls.key_file"],
    ]);
  });

  it("leaves no TLS settings where none are given", () => {
    const plain = inside(YAML.replace(/^ +(tls|ca_fingerprint):.*\n/gm, ""));
    expect(plain.elasticsearch.external).not.toHaveProperty("tls");
    expect(plain.elasticsearch.external).not.toHaveProperty("ca_fingerprint");
  });
});

describe("the name of the collector in a container", () => {
  it("is the cluster's, because a container's host name changes with every replacement", () => {
    expect(inside(YAML).collector.name).toBe("shop");
  });

  it("is the user's where one is set", () => {
    expect(inside(`${YAML}collector: { name: east }\n`).collector.name).toBe("east");
  });
});

describe("documents in files", () => {
  it("go to the volume of the collector, the only place that it may write to, beside the folders of clusters", () => {
    const { outputs, spool_directory: spool } = inside(
      `${YAML}collector: { outputs: { file: { directory: somewhere, files: 3 } } }\n`,
    ).collector;
    expect(outputs.file).toMatchObject({ directory: `${spool}/output.file`, files: 3 });
    // No cluster can be called so: its spool would be there.
    expect(() => inside(YAML.replace("shop:", "output.file:"))).toThrow("lower-case letters");
  });

  it("are nowhere unless they are asked for", () => {
    expect(inside(YAML).collector.outputs).toEqual({});
  });
});
