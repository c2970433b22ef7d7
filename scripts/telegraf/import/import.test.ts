import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { documentsIndex } from "../../../config/documents-index.ts";
import { loadConfig } from "../../../config/load.ts";
import { type FakeBurrow, startFakeBurrow } from "../../../tests/fakes/fake-burrow.ts";
import type { ImportTelegrafOptions } from "./run.ts";
import { importTelegraf } from "./run.ts";
import { parseDuration } from "./table.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lagline-import-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

type Run = {
  readonly lines: readonly string[];
  readonly text: string;
  readonly config: ReturnType<typeof loadConfig>["config"];
};

async function run(toml: string, change: Partial<ImportTelegrafOptions> = {}): Promise<Run> {
  const file = join(directory, "telegraf.conf");
  writeFileSync(file, toml);
  const out = join(directory, "lagline.yaml");
  const lines: string[] = [];
  await importTelegraf({
    files: [file],
    out,
    environment: "prod",
    defects: "fix",
    clusters: ["orders"],
    online: false,
    writeSecrets: false,
    json: false,
    env: {},
    print: (line) => lines.push(line),
    ...change,
  });
  return { lines, text: readFileSync(out, "utf8"), config: loadConfig(out).config };
}

const SMALL = `
[[inputs.burrow]]
  servers = ["http://burrow-1:8000"]
[[outputs.elasticsearch]]
  urls = ["http://es-1:9200"]
  index_name = "telegraf-%Y.%m.%d"
`;

/** Every option of the two plugins and of the agent that 1.39.3 has, each set. */
const EVERYTHING = `
[global_tags]
  datacenter = "eu-1"
  cluster = "not-this-one"
[agent]
  interval = "10s"
  round_interval = true
  metric_batch_size = 1000
  metric_buffer_limit = 10000
  collection_jitter = "2s"
  collection_offset = "1s"
  flush_interval = "10s"
  flush_jitter = "1s"
  precision = "0s"
  debug = true
  quiet = false
  logfile = "/var/log/telegraf.log"
  logformat = "text"
  logfile_rotation_interval = "0d"
  logfile_rotation_max_size = "0MB"
  logfile_rotation_max_archives = 5
  log_with_timezone = "local"
  hostname = "collector-7"
  omit_hostname = false
  buffer_strategy = "disk"
  buffer_directory = "/var/lib/telegraf"
  statefile = "/var/lib/telegraf/state"
  skip_processors_after_aggregators = true
[[inputs.burrow]]
  interval = "15s"
  alias = "kafka"
  servers = ["https://burrow-1:8000", "https://burrow-2:8000"]
  api_prefix = "/kafka"
  response_timeout = "3s"
  concurrent_connections = 40
  clusters_include = ["orders"]
  clusters_exclude = ["test*"]
  groups_include = ["billing*"]
  groups_exclude = ["console-*"]
  topics_include = ["[a-m]*"]
  topics_exclude = ["__*"]
  username = "reader"
  password = "for-burrow"
  tls_ca = "/etc/ca.pem"
  tls_cert = "/etc/cert.pem"
  tls_key = "/etc/key.pem"
  tls_key_pwd = "x"
  tls_server_name = "burrow"
  tls_min_version = "TLS12"
  insecure_skip_verify = true
  namepass = ["burrow_*"]
  time_source = "metric"
  startup_error_behavior = "retry"
  labels = { site = "a" }
  [inputs.burrow.tags]
    team = "payments"
[[outputs.elasticsearch]]
  urls = ["https://es-1:9200", "https://es-2:9200"]
  index_name = "telegraf-{{datacenter}}-%Y.%V"
  default_tag_value = "none"
  timeout = "5s"
  enable_sniffer = true
  enable_gzip = true
  health_check_interval = "10s"
  health_check_timeout = "1s"
  username = "writer"
  password = "for-elasticsearch"
  auth_bearer_token = "token-of-mine"
  use_optype_create = true
  manage_template = true
  template_name = "telegraf"
  overwrite_template = true
  force_document_id = false
  float_handling = "drop"
  float_replacement_value = 0.0
  use_pipeline = "{{team}}-pipeline"
  default_pipeline = "other"
  tls_ca = "/etc/es-ca.pem"
  namedrop = ["cpu"]
  log_level = "debug"
  [outputs.elasticsearch.headers]
    "X-Custom" = ["a", "b"]
    "X-Api-Secret" = "hidden"
    "Content-Type" = "x"
    Authorization = ["ApiKey bWluZTprZXk="]
  [outputs.elasticsearch.template_index_settings]
    refresh_interval = "10s"
    codec = "best_compression"
    [outputs.elasticsearch.template_index_settings.mapping.total_fields]
      limit = 5000
[[inputs.cpu]]
[[outputs.file]]
[[processors.rename]]
`;

describe("an import stops with one sentence", () => {
  test.each([
    ["TOML that is none", "[[inputs.burrow]\n password = 'canary'", "is not valid TOML"],
    [
      "no Burrow",
      '[[inputs.cpu]]\n[[outputs.elasticsearch]]\n urls = ["http://es:9200"]',
      "has no [[inputs.burrow]]",
    ],
  ])("on %s", async (_name, toml, message) => {
    const failure: unknown = await run(toml).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "LAGLINE_USAGE_IMPORT",
      message: expect.stringContaining(message),
    });
    expect(String(failure)).not.toContain("canary");
    expect(existsSync(join(directory, "lagline.yaml"))).toBe(false);
  });

  test("where the file to write exists", async () => {
    writeFileSync(join(directory, "lagline.yaml"), "mine");
    await expect(run(SMALL)).rejects.toMatchObject({ code: "LAGLINE_IMPORT_EXISTS" });
    expect(readFileSync(join(directory, "lagline.yaml"), "utf8")).toBe("mine");
  });

  test("on a file that cannot be read", async () => {
    await expect(run(SMALL, { files: [join(directory, "nowhere.conf")] })).rejects.toMatchObject({
      code: "LAGLINE_IMPORT_UNREADABLE",
    });
  });

  test("where Burrow has no cluster that could be read", async () => {
    await expect(run(SMALL, { clusters: ["Orders.EU"] })).rejects.toMatchObject({
      code: "LAGLINE_USAGE_IMPORT",
      message: expect.stringContaining('"Orders.EU", which Lagline cannot read'),
    });
  });
});

describe("a small configuration", () => {
  test("becomes one that `lagline check` takes, with Telegraf's documents and defaults", async () => {
    const { config, lines } = await run(SMALL);
    expect(config.collector.shape).toBe("telegraf");
    expect(config.clusters["orders"]?.burrow.external?.servers).toEqual(["http://burrow-1:8000"]);
    expect(config.elasticsearch.external?.url).toBe("http://es-1:9200");
    expect(documentsIndex(config)).toMatchObject({
      mode: "daily",
      name: "telegraf-%Y.%m.%d",
      manageTemplates: false,
    });
    expect(lines[0]).toContain("is written and valid, for orders");
    expect(lines.at(-1)).toContain("lagline check");
  });
});

describe("every option", () => {
  test("is carried over or named", async () => {
    const { config, text, lines } = await run(EVERYTHING, { defects: "keep" });
    const { collector, elasticsearch } = config;
    expect(collector).toMatchObject({
      interval_seconds: 15,
      jitter_seconds: 2,
      standby_seconds: 1,
      request_timeout_seconds: 3,
      concurrent_requests: 40,
      bulk_documents: 1000,
      gzip: true,
      log_level: "debug",
      telegraf: { defects: "keep", host_tag: "collector-7", tags: { datacenter: "eu-1", team: "payments" } },
    });
    expect(config.clusters["orders"]).toMatchObject({
      burrow: {
        external: {
          servers: ["https://burrow-1:8000", "https://burrow-2:8000"],
          api_prefix: "/kafka",
          username: "reader",
          tls: {
            ca_file: "/etc/ca.pem",
            certificate_file: "/etc/cert.pem",
            key_file: "/etc/key.pem",
            server_name: "burrow",
          },
        },
      },
      filters: {
        groups_include: ["billing*"],
        groups_exclude: ["console-*"],
        topics_include: ["[a-m]*"],
        topics_exclude: ["__*"],
      },
    });
    expect(elasticsearch.external).toMatchObject({
      urls: ["https://es-1:9200", "https://es-2:9200"],
      api_key_file: join(directory, "secrets/elasticsearch-api-key"),
      headers: { "X-Custom": "a, b" },
      tls: { ca_file: "/etc/es-ca.pem" },
    });
    expect(elasticsearch.index).toMatchObject({
      name: "telegraf-{{datacenter}}-%G.%V",
      missing_field_value: "none",
      pipeline: "{{team}}-pipeline",
      default_pipeline: "other",
      overwrite_templates: true,
      settings: {
        "index.refresh_interval": "10s",
        "index.codec": "best_compression",
        "index.mapping.total_fields.limit": 5000,
      },
    });
    const named = lines.join("\n");
    for (const option of [
      "agent.metric_buffer_limit",
      "agent.flush_interval",
      "agent.flush_jitter",
      "agent.precision",
      "agent.logfile",
      "agent.buffer_strategy",
      "agent.statefile",
      "global_tags.cluster",
      "inputs.burrow.alias",
      "inputs.burrow.namepass",
      "inputs.burrow.time_source",
      "inputs.burrow.startup_error_behavior",
      "inputs.burrow.labels",
      "inputs.burrow.password",
      "inputs.burrow.tls_key_pwd",
      "inputs.burrow.insecure_skip_verify",
      "inputs.burrow.servers",
      "outputs.elasticsearch.index_name",
      "outputs.elasticsearch.timeout",
      "outputs.elasticsearch.enable_sniffer",
      "outputs.elasticsearch.health_check_interval",
      "outputs.elasticsearch.password",
      "outputs.elasticsearch.auth_bearer_token",
      "outputs.elasticsearch.headers.X-Api-Secret",
      "outputs.elasticsearch.headers.Content-Type",
      "outputs.elasticsearch.headers.Authorization",
      "outputs.elasticsearch.template_name",
      "outputs.elasticsearch.float_handling",
      "outputs.elasticsearch.template_index_settings",
      "outputs.elasticsearch.force_document_id",
      "outputs.elasticsearch.namedrop",
      "outputs.elasticsearch.log_level",
      "inputs.cpu",
      "outputs.file",
      "processors.rename",
    ]) {
      expect(named).toContain(`  ${option}: `);
    }
    expect(named).toContain("outputs.file: is not carried over: collector.outputs.file writes");
    expect(named).not.toContain("has no counterpart in Lagline");
    expect(text).toContain("# - agent.flush_interval: ");
  });

  test.each(
    ["inputs.burrow", "outputs.elasticsearch"].flatMap((plugin) =>
      [
        "name_override",
        "name_prefix",
        "name_suffix",
        "namepass",
        "namedrop",
        "fieldinclude",
        "fieldexclude",
        "tagpass",
        "tagdrop",
        "taginclude",
        "tagexclude",
        "metricpass",
      ].map((option) => [plugin, option] as const),
    ),
  )("of %s that changes or chooses metrics is named with what to do instead: %s", async (plugin, option) => {
    const section = plugin === "inputs.burrow" ? "[[inputs.burrow]]" : "[[outputs.elasticsearch]]";
    const { lines } = await run(SMALL.replace(section, `${section}\n  ${option} = ["x"]`));
    expect(lines.find((line) => line.includes(`${plugin}.${option}: `))).toContain(
      "leave out measurements with collector.telegraf.measurements",
    );
  });

  test("that nobody knows is named", async () => {
    const { lines } = await run(`${SMALL}\n  invented = 1\n`);
    expect(lines.join("\n")).toContain("outputs.elasticsearch.invented: has no counterpart in Lagline.");
  });

  test("of the wrong type is left out and named", async () => {
    const { lines, config } = await run(SMALL.replace("[[outputs", '  response_timeout = "soon"\n[[outputs'));
    expect(lines.join("\n")).toContain("inputs.burrow.response_timeout: is not a duration");
    expect(config.collector.request_timeout_seconds).toBe(5);
  });
});

describe("secrets", () => {
  test("never stand in the configuration, nor in what is printed", async () => {
    const { text, lines } = await run(EVERYTHING);
    for (const secret of ["hidden", "for-burrow", "for-elasticsearch", "token-of-mine", "bWluZTprZXk="]) {
      expect(text).not.toContain(secret);
      expect(lines.join("\n")).not.toContain(secret);
    }
    expect(existsSync(join(directory, "secrets"))).toBe(false);
    expect(lines.join("\n")).toContain(
      "Put the secrets into secrets/burrow-password, secrets/elasticsearch-api-key (readable",
    );
  });

  test("are written into files for their owner only, where that is asked for, and never over one that exists", async () => {
    const { config, lines } = await run(EVERYTHING, { writeSecrets: true });
    const file = config.clusters["orders"]?.burrow.external?.password_file ?? "";
    expect(readFileSync(file, "utf8")).toBe("for-burrow\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(config.elasticsearch.external?.api_key_file ?? "", "utf8")).toBe("bWluZTprZXk=\n");
    expect(lines.join("\n")).toContain("Secrets are in secrets/burrow-password");
    rmSync(join(directory, "lagline.yaml"));
    writeFileSync(file, "changed\n");
    await run(EVERYTHING, { writeSecrets: true });
    expect(readFileSync(file, "utf8")).toBe("changed\n");
  });

  test("in an address are taken out of it", async () => {
    const { config, text } = await run(SMALL.replace("http://es-1:9200", "http://me:pass%2Fword@es-1:9200"), {
      writeSecrets: true,
    });
    expect(text).not.toMatch(/pass%2Fword|pass\/word/);
    expect(config.elasticsearch.external).toMatchObject({ url: "http://es-1:9200", username: "me" });
    expect(readFileSync(config.elasticsearch.external?.password_file ?? "", "utf8")).toBe("pass/word\n");
  });

  test("of a secret store are left to be put in by hand", async () => {
    const toml = SMALL.replace("[[outputs", '  username = "u"\n  password = "@{store:burrow}"\n[[outputs');
    const { lines } = await run(toml, { writeSecrets: true });
    expect(existsSync(join(directory, "secrets/burrow-password"))).toBe(false);
    expect(lines.join("\n")).toContain("Put the secrets into secrets/burrow-password");
  });
});

describe("what would stop the collector, or change what it reads, does not come out of an import:", () => {
  const burrowWith = (lines: string): string => SMALL.replace("[[outputs", `${lines}\n[[outputs`);

  test("without an interval Telegraf's ten seconds hold, not our thirty", async () => {
    const { config } = await run(SMALL);
    expect(config.collector.interval_seconds).toBe(10);
  });

  test("a glob with braces becomes several, as ours have none", async () => {
    const { config, lines } = await run(
      burrowWith('groups_include = ["{pay,bill{ing,s}}-[ab]*", "x\\\\{y"]'),
    );
    expect(config.clusters["orders"]?.filters.groups_include).toEqual([
      "pay-[ab]*",
      "billing-[ab]*",
      "pay-[ab]*",
      "bills-[ab]*",
      "x\\{y",
    ]);
    expect(lines.join("\n")).toContain("inputs.burrow.groups_include: has {…}, which is written out");
  });

  test("a glob that is none is left out and named", async () => {
    const { config, lines } = await run(burrowWith('topics_exclude = ["[a", "b*"]'));
    expect(config.clusters["orders"]?.filters.topics_exclude).toEqual(["b*"]);
    expect(lines.join("\n")).toContain(
      'inputs.burrow.topics_exclude: "[a" has [ without ] and was left out.',
    );
  });

  test("two inputs with two passwords keep both", async () => {
    const input = (host: string, clusters: string): string => `
[[inputs.burrow]]
  servers = ["http://${host}:8000"]
  clusters_include = ["${clusters}"]
  username = "u"
  password = "of-${host}"
`;
    const { config } = await run(input("one", "orders") + input("two", "returns"), {
      clusters: ["orders", "returns"],
      writeSecrets: true,
    });
    for (const [cluster, password] of [
      ["orders", "of-one\n"],
      ["returns", "of-two\n"],
    ] as const) {
      const file = config.clusters[cluster]?.burrow.external?.password_file ?? "";
      expect(readFileSync(file, "utf8")).toBe(password);
    }
  });

  test("the user and password in an address of Burrow go where they belong", async () => {
    const { config, text } = await run(SMALL.replace("http://burrow-1", "http://me:hunter%2F2@burrow-1"), {
      writeSecrets: true,
    });
    const external = config.clusters["orders"]?.burrow.external;
    expect(external).toMatchObject({ servers: ["http://burrow-1:8000"], username: "me" });
    expect(readFileSync(external?.password_file ?? "", "utf8")).toBe("hunter/2\n");
    expect(text).not.toContain("hunter");
  });

  test("half of the credentials is named: a user gets a file to fill, a password alone is left out", async () => {
    const user = await run(burrowWith('username = "u"'));
    expect(user.lines.join("\n")).toContain("Put the secrets into secrets/burrow-password");
    rmSync(join(directory, "lagline.yaml"));
    const password = await run(burrowWith('password = "p"'));
    expect(password.lines.join("\n")).toContain("inputs.burrow.password: is left out, because username");
    expect(password.config.clusters["orders"]?.burrow.external).not.toHaveProperty("password_file");
  });

  test("of several credentials the one that Telegraf would send is taken", async () => {
    const toml = SMALL.replace("http://es-1", "http://me:secret@es-1");
    const { config, lines } = await run(
      `${toml}  username = "u"\n  password = "p"\n  auth_bearer_token = "t"\n`,
    );
    expect(config.elasticsearch.external).toHaveProperty("bearer_token_file");
    expect(config.elasticsearch.external).not.toHaveProperty("username");
    expect(lines.join("\n")).toContain(
      "outputs.elasticsearch.password: is left out: the token goes before it.",
    );
  });

  test("options of TLS for an address without it are left out and named", async () => {
    const { config, lines } = await run(burrowWith('tls_ca = "/etc/ca.pem"'));
    expect(config.clusters["orders"]?.burrow.external).not.toHaveProperty("tls");
    expect(lines.join("\n")).toContain("http://burrow-1:8000 has no TLS");
  });

  test("a certificate without its key is left out and named", async () => {
    const { config, lines } = await run(
      `${SMALL.replace("http://es-1", "https://es-1")}  tls_ca = "/ca.pem"\n  tls_cert = "/c.pem"\n`,
    );
    expect(config.elasticsearch.external?.tls).toEqual({ ca_file: "/ca.pem", minimum_version: "TLSv1.2" });
    expect(lines.join("\n")).toContain("outputs.elasticsearch.tls_cert: is left out, because tls_key");
  });

  test.each([
    ["TLS13", "TLSv1.3", undefined],
    ["TLS12", "TLSv1.2", undefined],
    [
      "TLS10",
      "TLSv1.2",
      "inputs.burrow.tls_min_version: is TLS10 there; the oldest that is spoken is TLS 1.2.",
    ],
  ])("the oldest TLS %s becomes %s", async (there, here, said) => {
    const toml = burrowWith(`tls_ca = "/ca.pem"\n  tls_min_version = "${there}"`);
    const { config, lines } = await run(toml.replace("http://burrow-1", "https://burrow-1"));
    expect(config.clusters["orders"]?.burrow.external?.tls?.minimum_version).toBe(here);
    expect(lines.find((line) => line.includes("tls_min_version"))?.trim()).toBe(said);
  });

  test("numbers beyond our bounds are brought within them", async () => {
    const agent = '[agent]\n  interval = "10s"\n  collection_jitter = "10s"\n  collection_offset = "4s"\n';
    const { config, lines } = await run(`${agent}${SMALL}  metric_batch_size = 90000\n`);
    expect(config.collector).toMatchObject({ bulk_documents: 50_000, jitter_seconds: 5, standby_seconds: 2 });
    expect(lines.join("\n")).toMatch(/collection_offset: is 4 s there; .*collection_jitter: is 10 s there/s);
  });
});

describe("references to the environment", () => {
  test.each([
    ["${ES_URL}", { ES_URL: "http://es-9:9200" }, "http://es-9:9200"],
    ["${ES_URL:-http://es-8:9200}", {}, "http://es-8:9200"],
    ["${ES_URL:-http://es-8:9200}", { ES_URL: "" }, "http://es-8:9200"],
    ["${ES_URL}", {}, "http://127.0.0.1:9200"],
  ])("%s with %j is %s", async (reference, env, url) => {
    const { config, lines } = await run(SMALL.replace("http://es-1:9200", reference), { env });
    expect(config.elasticsearch.external?.url).toBe(url);
    const isNamed = lines.some((line) => line.startsWith("  outputs.elasticsearch.urls: "));
    expect(isNamed).toBe(!reference.includes(":-"));
  });
});

describe("the clusters", () => {
  let burrow: FakeBurrow;

  beforeEach(async () => {
    burrow = await startFakeBurrow();
    for (const name of ["orders", "shop", "test-1"]) burrow.setCluster(name, {});
  });

  afterEach(async () => {
    await burrow.close();
  });

  test("are those that Burrow lists, within the filters", async () => {
    const toml = SMALL.replace("http://burrow-1:8000", burrow.url).replace(
      "[[outputs",
      '  clusters_exclude = ["test-*"]\n[[outputs',
    );
    const { config } = await run(toml, { online: true, clusters: [] });
    expect(Object.keys(config.clusters)).toEqual(["orders", "shop"]);
  });

  test("that two servers know are one with a server that stands by", async () => {
    const second = await startFakeBurrow();
    second.setCluster("shop", {});
    const toml = SMALL.replace('"http://burrow-1:8000"', `"${burrow.url}", "${second.url}/v3/kafka"`);
    const { config, lines } = await run(toml, { online: true, clusters: [] });
    await second.close();
    expect(config.clusters["shop"]?.burrow.external?.servers).toEqual([burrow.url, second.url]);
    expect(config.clusters["orders"]?.burrow.external?.servers).toEqual([burrow.url]);
    expect(lines.join("\n")).toContain("both know shop");
  });

  test("have a stand-in where Burrow cannot be asked, which is said", async () => {
    await burrow.close();
    const { config, lines } = await run(SMALL.replace("http://burrow-1:8000", burrow.url), {
      online: true,
      clusters: [],
    });
    expect(Object.keys(config.clusters)).toEqual(["kafka"]);
    expect(lines.join("\n")).toContain('cluster "kafka" stands in');
    burrow = await startFakeBurrow();
  });

  test("are the names of clusters_include where Burrow cannot be asked", async () => {
    const toml = SMALL.replace("[[outputs", '  clusters_include = ["orders", "sh*"]\n[[outputs');
    const { config } = await run(toml, { clusters: [] });
    expect(Object.keys(config.clusters)).toEqual(["orders"]);
  });
});

test("several files count as one", async () => {
  const input = join(directory, "burrow.conf");
  const output = join(directory, "output.conf");
  writeFileSync(input, '[agent]\n interval = "20s"\n[[inputs.burrow]]\n servers = ["http://b:8000"]\n');
  writeFileSync(output, '[[outputs.elasticsearch]]\n urls = ["http://es:9200"]\n index_name = "t-%Y"\n');
  const { config } = await run(SMALL, { files: [input, output] });
  expect(config.collector.interval_seconds).toBe(20);
  expect(config.elasticsearch.external?.url).toBe("http://es:9200");
});

test("--json says the same for machines", async () => {
  const { lines } = await run(EVERYTHING, { json: true });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    clusters: ["orders"],
    notes: expect.arrayContaining([{ option: "inputs.cpu", text: expect.stringContaining("Keep Telegraf") }]),
    secrets: { written: [], missing: expect.arrayContaining(["secrets/burrow-password"]) },
  });
});

test.each([
  ["10s", 10],
  ["1m30s", 90],
  ["500ms", 0.5],
  ["1h", 3600],
  ["2d", 172_800],
  ["15", 15],
  ["soon", undefined],
  ["", undefined],
])("a duration of %j is %s seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});
