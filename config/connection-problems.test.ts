import { describe, expect, it } from "vitest";
import { LaglineError } from "../model/errors.ts";
import { parseConfig } from "./load.ts";

const PIN = "ab".repeat(32);

function problemsOf(about: {
  burrow?: string;
  elasticsearch?: string;
  cluster?: string;
  collector?: string;
}) {
  const { burrow = "", elasticsearch = "", cluster = "", collector = "" } = about;
  const servers = burrow.includes("servers:") ? "" : 'servers: ["https://burrow:8000"],';
  const url = elasticsearch.includes("url") ? "" : 'url: "https://es:9200",';
  const text = `
environment: prod
clusters: { orders: { burrow: { external: { ${servers} ${burrow} } }, ${cluster} } }
elasticsearch: { external: { ${url} ${elasticsearch} } }
collector: { interval_seconds: 30, ${collector} }
`;
  try {
    parseConfig(text, "lagline.yaml");
  } catch (error) {
    if (!(error instanceof LaglineError)) throw error;
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.replace("  - ", ""));
  }
  return [];
}

describe("half of what a connection needs is refused at start, not at the first 401:", () => {
  it("a user without a password file, and a password file without a user", () => {
    expect(problemsOf({ burrow: "username: bob", elasticsearch: "password_file: p" })).toEqual([
      'clusters.orders.burrow.external.username needs `password_file` beside it, got "bob"',
      "elasticsearch.external.password_file needs `username` beside it, got a value that is not shown",
    ]);
  });

  it("a certificate without its key, and a key without its certificate", () => {
    expect(
      problemsOf({ burrow: "tls: { certificate_file: c }", elasticsearch: "tls: { key_file: k }" }),
    ).toEqual([
      'clusters.orders.burrow.external.tls.certificate_file needs `key_file` beside it, got "c"',
      "elasticsearch.external.tls.key_file needs `certificate_file` beside it, got a value that is not shown",
    ]);
  });
});

describe("two answers to one question are refused:", () => {
  it("several kinds of credentials", () => {
    const both = "username: b, password_file: p, bearer_token_file: t";
    expect(problemsOf({ burrow: both, elasticsearch: `${both}, api_key_file: k` })).toEqual([
      "clusters.orders.burrow.external has `username` and `bearer_token_file`: one way to say who we are is possible",
      "elasticsearch.external has `username` and `api_key_file` and `bearer_token_file`: one way to say who we are is possible",
    ]);
  });

  it("an authority by fingerprint and by file", () => {
    expect(problemsOf({ elasticsearch: `ca_fingerprint: "${PIN}", tls: { ca_file: ca.pem }` })).toEqual([
      `elasticsearch.external.ca_fingerprint and \`tls.ca_file\` are two ways to name the authority: one is possible, got "${PIN}"`,
    ]);
  });

  it("an address that stands there twice, however it is written", () => {
    expect(
      problemsOf({
        burrow: 'servers: ["http://a:8000", "http://A:8000/"]',
        elasticsearch: 'urls: ["https://es", "https://es:443"]',
      }),
    ).toEqual([
      'clusters.orders.burrow.external.servers[1] is the same address as [0], got "http://A:8000/"',
      'elasticsearch.external.urls[1] is the same address as [0], got "https://es:443"',
    ]);
  });
});

describe("what would be without effect, or fail at every request, is refused:", () => {
  it("TLS settings for an address without TLS", () => {
    expect(
      problemsOf({
        burrow: 'servers: ["http://a:1"], tls: { ca_file: ca.pem }',
        elasticsearch: `url: "http://es:9200", ca_fingerprint: "${PIN}"`,
      }),
    ).toEqual([
      "clusters.orders.burrow.external.tls cannot be used with http://a:1, which has no TLS: write https://",
      "elasticsearch.external.ca_fingerprint cannot be used with http://es:9200, which has no TLS: write https://",
    ]);
  });

  it("a fingerprint that is none", () => {
    expect(problemsOf({ elasticsearch: "ca_fingerprint: nonsense" })).toEqual([
      'elasticsearch.external.ca_fingerprint must be a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons, got "nonsense"',
    ]);
  });

  it.each(["/v3 kafka", "/kä", "v3/kafka", "/v3/kafka?x=1", "/v3/kafka#a", "/v3/%zz"])(
    "the prefix %j",
    (prefix) => {
      expect(problemsOf({ burrow: `api_prefix: "${prefix}"` })).toEqual([
        expect.stringContaining(
          "clusters.orders.burrow.external.api_prefix must be a path such as /v3/kafka",
        ),
      ]);
    },
  );

  it("an address with a query or a fragment", () => {
    expect(
      problemsOf({ burrow: 'servers: ["http://a:1/?x=1"]', elasticsearch: 'url: "https://es/#a"' }),
    ).toEqual([
      expect.stringContaining("servers[0] must be an address without ? and #"),
      expect.stringContaining("url must be an address without ? and #"),
    ]);
  });

  it("globs that nothing can match, all of them at once", () => {
    expect(
      problemsOf({ cluster: 'filters: { groups_include: ["[a", "b"], topics_exclude: ["", "x[!"] }' }),
    ).toEqual([
      'clusters.orders.filters.groups_include[0] has [ without ], got "[a"',
      'clusters.orders.filters.topics_exclude[0] is empty, got ""',
      'clusters.orders.filters.topics_exclude[1] has [ without ], got "x[!"',
    ]);
  });

  it("a jitter as long as the interval, and an address for health that no host has", () => {
    expect(problemsOf({ collector: "jitter_seconds: 30" })).toEqual([
      "collector.jitter_seconds must be less than collector.interval_seconds (30), or ticks are skipped, got 30",
    ]);
    // Node would listen on every address.
    expect(problemsOf({ collector: 'health_address: ""' })).toHaveLength(1);
  });
});

describe("what is right is taken:", () => {
  it.each([
    { burrow: "username: b, password_file: p" },
    { burrow: 'api_prefix: "/"' },
    { burrow: 'api_prefix: "/burrow%20one/v3/kafka/"' },
    { burrow: 'servers: ["http://a:1", "http://b:1", "http://a:1/other"]' },
    { elasticsearch: "tls: { certificate_file: c, key_file: k, ca_file: a }, api_key_file: k" },
    { elasticsearch: `ca_fingerprint: "${"AB:".repeat(31)}AB", tls: { server_name: es }` },
    { cluster: 'filters: { groups_include: ["[]a]", "\\\\[", "*"] }' },
    { collector: 'health_address: "::1", jitter_seconds: 29.9' },
  ])("%j", (about) => {
    expect(problemsOf(about).filter((line) => !line.includes("url_"))).toEqual([]);
  });
});
