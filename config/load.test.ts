import { describe, expect, it } from "vitest";
import { LaglineError, describeError } from "../model/errors.ts";
import { parseConfig } from "./load.ts";

const minimal = `
environment: prod
clusters:
  orders:
    kafka: { external: { bootstrap_servers: ["kafka-1:9092"] } }
    burrow: { external: { servers: ["http://127.0.0.1:8000"] } }
elasticsearch:
  external: { url: "http://127.0.0.1:9200" }
collector:
  interval_seconds: 30
  shape: native
  spool_directory: var/spool
`;

function errorOf(text: string): LaglineError | undefined {
  try {
    parseConfig(text, "lagline.yaml");
  } catch (error) {
    if (error instanceof LaglineError) return error;
    throw error;
  }
  return undefined;
}

function problemsOf(text: string): string {
  return errorOf(text)?.message ?? "no problem";
}

describe("a wrong lagline.yaml", () => {
  it("reports every problem at once, each with path, expectation and value", () => {
    const text = minimal
      .replace("interval_seconds: 30", "interval_seconds: 0\n  concurrent_requests: many")
      .replace("shape: native", "shape: nativ")
      .replace("environment: prod", "environment: Prod\nkolor: red");
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      "lagline.yaml has 5 problems:
        - environment must be 1 to 31 lower-case letters, digits or \`-\`: it becomes part of container, volume and index names, got "Prod"
        - collector.interval_seconds must be at least 1, got 0
        - collector.shape must be \`native\` or \`telegraf\`, got "nativ"
        - collector.concurrent_requests must be a number, got "many"
        - kolor is not a setting. Known here: environment, clusters, elasticsearch, collector, grafana, alerts, policies, images, demo, deployment."
    `);
  });

  it("also reports at once what only shows once the rest is right", () => {
    const text = minimal
      .replace("interval_seconds: 30", "interval_seconds: 30\n  jitter_seconds: 30\n  log_level: loud")
      .replace(
        'url: "http://127.0.0.1:9200" }',
        'url: "http://127.0.0.1:9200", username: bob }\n  index: { name: "Lag-%Q" }',
      )
      .replace('servers: ["http://127.0.0.1:8000"]', 'servers: ["http://127.0.0.1:8000"], colour: red');
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      "lagline.yaml has 6 problems:
        - clusters.orders.burrow.external.colour is not a setting. Known here: servers, api_prefix, username, password_file, bearer_token_file, tls.
        - collector.log_level must be \`debug\` or \`info\` or \`warn\` or \`error\`, got "loud"
        - collector.jitter_seconds must be less than collector.interval_seconds (30), or ticks are skipped, got 30
        - elasticsearch.index.name has %Q, which is no date token; they are %Y %y %m %d %H %V %G, got "Lag-%Q"
        - elasticsearch.index.name must be lower case, as Elasticsearch wants index names, got "Lag-%Q"
        - elasticsearch.external.username needs \`password_file\` beside it, got "bob""
    `);
  });

  it("claims nothing about what a wrong setting leaves open", () => {
    // One of url, urls and cloud_id is there; whether the jitter fits depends on an interval that is not known.
    const text = minimal
      .replace("http://127.0.0.1:9200", "nonsense")
      .replace("interval_seconds: 30", "interval_seconds: often\n  jitter_seconds: 40");
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      "lagline.yaml has 2 problems:
        - elasticsearch.external.url must be an http:// or https:// address, got "nonsense"
        - collector.interval_seconds must be a number, got "often""
    `);
  });

  it("puts what to do on a line of its own behind a list", () => {
    expect(describeError(errorOf("[]")).split("\n").at(-1)).toBe(
      "Every setting is described in docs/reference/configuration.md.",
    );
  });

  it("names the near setting for a mistyped one", () => {
    expect(problemsOf(minimal.replace("interval_seconds", "interval_second"))).toContain(
      "collector.interval_second is not a setting. Did you mean `interval_seconds`?",
    );
  });

  it("refuses a cluster that is both managed and external", () => {
    const text = minimal.replace(
      'servers: ["http://127.0.0.1:8000"] } }',
      'servers: ["http://127.0.0.1:8000"] }, managed: {} }',
    );
    expect(problemsOf(text)).toContain(
      "clusters.orders.burrow must have exactly one of `external`, `managed`, has `external` and `managed`",
    );
  });

  it("refuses an upper-case cluster name and says why", () => {
    expect(problemsOf(minimal.replace("orders:", "Orders:"))).toContain("because Burrow needs it so");
  });

  it("refuses credentials inside an address without printing them", () => {
    const message = problemsOf(minimal.replace("http://127.0.0.1:9200", "http://user:canary@127.0.0.1:9200"));
    expect(message).toContain("must not hold a user name or password");
    expect(message).not.toContain("canary");
  });

  it("does not print a secret that stands where a file name belongs", () => {
    const message = problemsOf(
      minimal.replace(
        'url: "http://127.0.0.1:9200"',
        'url: "http://127.0.0.1:9200", password_file: [canary]',
      ),
    );
    expect(message).toContain(
      "elasticsearch.external.password_file must be a text, got a value that is not shown",
    );
    expect(message).not.toContain("canary");
  });

  it("says where YAML is broken", () => {
    expect(problemsOf("environment: [prod")).toMatch(/is not valid YAML:\n {2}- .*line 1/);
  });

  it("refuses a key that stands twice", () => {
    expect(problemsOf(`${minimal}environment: other\n`)).toContain("Map keys must be unique");
  });

  it("refuses a cache that outlives half a tick", () => {
    const text = minimal.replace(
      'external: { servers: ["http://127.0.0.1:8000"] }',
      "managed: { expire_cache_seconds: 20 }",
    );
    expect(problemsOf(text)).toContain(
      "expire_cache_seconds must be at most half of collector.interval_seconds (30)",
    );
  });
});

describe("a right lagline.yaml", () => {
  it("accepts the smallest file and fills in every default", () => {
    const config = parseConfig(minimal, "lagline.yaml");
    expect(config.collector).toMatchObject({
      interval_seconds: 30,
      concurrent_requests: 8,
      sidecar_mode: "shared-network",
    });
    expect(config.grafana).toMatchObject({ files: {} });
    expect(config.policies.default.objective_seconds).toBe(300);
  });
});
