import { expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import { burrowCertificates, elasticsearchCertificates } from "./certificate-sources.ts";
import type { CertificateSource } from "./certificates/look.ts";

const config = (elasticsearch: string, burrow = '{ servers: ["http://127.0.0.1:8000"] }') =>
  parseConfig(
    `environment: t\nclusters: { shop: { burrow: { external: ${burrow} } } }\nelasticsearch: ${elasticsearch}\n`,
    "lagline.yaml",
  );
const named = (sources: readonly CertificateSource[]): readonly string[] =>
  sources.map((source) => (source.kind === "server" ? source.url : `${source.setting} ${source.path}`));

test("without TLS there is nothing to look at", () => {
  const plain = config('{ external: { url: "http://127.0.0.1:9200" } }');
  expect(elasticsearchCertificates(plain, "collector")).toEqual([]);
  expect(burrowCertificates(plain, "shop")).toEqual([]);
});

test("files and each address with TLS are looked at, with the files that the connection needs", () => {
  const sources = elasticsearchCertificates(
    config(
      '{ external: { urls: ["https://a:9200", "https://b:9200"], tls: { ca_file: /ca, certificate_file: /crt, key_file: /key, server_name: search } } }',
    ),
    "collector",
  );
  expect(named(sources)).toEqual([
    "elasticsearch.tls.ca_file /ca",
    "elasticsearch.tls.certificate_file /crt",
    "https://a:9200",
    "https://b:9200",
  ]);
  expect(sources[3]).toMatchObject({
    serverName: "search",
    caFile: "/ca",
    certificateFile: "/crt",
    keyFile: "/key",
  });
});

test("an authority known by its fingerprint counts as one of one's own", () => {
  const [source] = elasticsearchCertificates(
    config(`{ external: { url: "https://a:9200", ca_fingerprint: "${"AB".repeat(32)}" } }`),
    "collector",
  );
  expect(source).toMatchObject({ kind: "server", isPinned: true });
});

test("a managed Elasticsearch is looked at from this host, with its own authority", () => {
  const sources = elasticsearchCertificates(config("{ managed: { nodes: 3, host_port: 20000 } }"), "reader");
  expect(named(sources)).toEqual([
    "elasticsearch.tls.ca_file secrets/elasticsearch/t/ca.pem",
    "https://127.0.0.1:20000",
    "https://127.0.0.1:20001",
    "https://127.0.0.1:20002",
  ]);
});

test("Burrow is looked at the same way", () => {
  const sources = burrowCertificates(
    config(
      '{ external: { url: "http://127.0.0.1:9200" } }',
      '{ servers: ["https://burrow:8000"], tls: { ca_file: /ca } }',
    ),
    "shop",
  );
  expect(named(sources)).toEqual(["burrow.tls.ca_file /ca", "https://burrow:8000"]);
});
