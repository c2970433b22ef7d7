/**
 * `lagline keys` on a real Elasticsearch, as a person uses it: the commands themselves, with an administrator's password,
 * and a collector that runs while its key is rotated. The same for every version.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectionFiles } from "../../collectors/elasticsearch/credentials.ts";
import type { ElasticsearchHttp, HttpAnswer } from "../../collectors/elasticsearch/client.ts";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { documentsIndex } from "../../config/documents-index.ts";
import { loadConfig } from "../../config/load.ts";
import { batchOf } from "../fakes/documents.ts";
import { type FakeBurrow, startFakeBurrow } from "../fakes/fake-burrow.ts";
import { testElasticsearch } from "../support/elasticsearch.ts";
import { freePort } from "../support/free-port.ts";
import { eventually, repositoryRoot } from "./support/deployment.ts";
import { deliver } from "./support/shipping.ts";

const LONG = { timeout: 180_000 };
const PARTITIONS = 3;
const bin = join(repositoryRoot, "node_modules", ".bin");
const environmentOf = (): NodeJS.ProcessEnv => ({
  FORCE_COLOR: "0",
  PATH: `${bin}:${process.env["PATH"] ?? ""}`,
});

type Told = { readonly exitCode: number; readonly text: string };

describe("API keys with the least rights", () => {
  // `it-` is what the users of the tests may touch.
  const environment = `it-keys-${randomBytes(3).toString("hex")}`;
  const folder = mkdtempSync(join(tmpdir(), "lagline-it-keys-"));
  const file = join(folder, "lagline.yaml");
  const keyFile = (program: string): string => join(folder, "keys", environment, `${program}-api-key`);
  // What the tests use is known only when they run.
  const admin = () => testElasticsearch("operator");
  let burrow: FakeBurrow;
  let operator: ElasticsearchHttp;
  let healthPort = 0;

  beforeAll(async () => {
    const { urls, files } = admin();
    burrow = await startFakeBurrow();
    healthPort = await freePort();
    operator = await createElasticsearchHttp({ urls, files });
    const tls = files.caFile === undefined ? {} : { tls: { ca_file: files.caFile } };
    const config = {
      environment,
      clusters: { local: { burrow: { external: { servers: [burrow.url] } } } },
      elasticsearch: { external: { urls, api_keys_directory: join(folder, "keys"), ...tls }, replicas: 0 },
      collector: {
        interval_seconds: 1,
        spool_directory: join(folder, "spool"),
        health_port: healthPort,
        sidecar_mode: "shared-network",
      },
      deployment: { directory: join(folder, "deployment") },
    };
    writeFileSync(file, JSON.stringify(config));
  });

  afterAll(async () => {
    const { name, templateName } = index();
    await operator.request({ method: "DELETE", path: `/_data_stream/${name}` });
    // Without the data stream APIs its indices are deleted one by one.
    const { body } = await operator.request({ method: "GET", path: `/${name}/_settings` });
    for (const backing of Object.keys(Object(body)).filter((each) => each.startsWith(".ds-"))) {
      await operator.request({ method: "DELETE", path: `/${backing}` });
    }
    await operator.request({ method: "DELETE", path: `/_index_template/${templateName}` });
    for (const part of ["series", "settings"]) {
      await operator.request({ method: "DELETE", path: `/_component_template/${templateName}@${part}` });
    }
    await lagline("keys", "revoke", "--yes");
    await Promise.all([operator.close(), burrow.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const index = () => documentsIndex(loadConfig(file).config);

  async function lagline(...given: readonly string[]): Promise<Told> {
    const { username = "", passwordFile = "" } = admin().files;
    const { exitCode = 1, all } = await execa(
      join(bin, "node"),
      ["scripts/lagline.ts", ...given, "--config", file],
      {
        cwd: repositoryRoot,
        all: true,
        reject: false,
        stdin: "ignore",
        env: {
          ...environmentOf(),
          LAGLINE_ADMIN_USERNAME: username,
          LAGLINE_ADMIN_PASSWORD_FILE: passwordFile,
        },
      },
    );
    return { exitCode, text: all };
  }

  /** As a program with the key in its file, or with this one. */
  function withKey(program: string, given?: ConnectionFiles["given"]): Promise<ElasticsearchHttp> {
    const { urls, files } = admin();
    const trust = files.caFile === undefined ? {} : { caFile: files.caFile };
    const key = given === undefined ? { apiKeyFile: keyFile(program) } : { given };
    return createElasticsearchHttp({ urls, files: { ...trust, ...key } });
  }

  async function ask(program: string, path: string): Promise<HttpAnswer> {
    const http = await withKey(program);
    try {
      return await http.request({ method: "GET", path });
    } finally {
      await http.close();
    }
  }

  /** What a collector with this key would say, and what becomes of its documents. */
  async function deliverWith(program: string, given?: ConnectionFiles["given"]) {
    const http = await withKey(program, given);
    try {
      const batch = batchOf("keys", PARTITIONS, Math.floor(Date.now() / 1000) * 1000);
      return await deliver(http, { index: index(), batches: [batch], timeoutMs: 2_000 });
    } finally {
      await http.close();
    }
  }

  async function documents(): Promise<number> {
    const path = `/${index().search}`;
    await operator.request({ method: "POST", path: `${path}/_refresh` });
    const { body } = await operator.request({ method: "GET", path: `${path}/_count` });
    return Number(Object(body).count);
  }

  async function metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    const found = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))];
    return found.reduce((sum, [, value]) => sum + Number(value), 0);
  }

  test("are not made with a wrong password, which is told without repeating it", LONG, async () => {
    const wrong = join(folder, "wrong");
    writeFileSync(wrong, "a-wrong-password\n", { mode: 0o600 });
    const { exitCode, text } = await lagline("keys", "create", "--password-file", wrong);
    expect(exitCode).toBe(1);
    expect(text).toContain("does not let the administrator in");
    expect(text).not.toContain("a-wrong-password");
    expect(existsSync(keyFile("collector"))).toBe(false);
  });

  test("are not made by a key, which may not make others", LONG, async () => {
    const made = await operator.request({
      method: "POST",
      path: "/_security/api_key",
      json: { name: `lagline-${environment}-collector` },
    });
    const http = await withKey("collector", {
      apiKey: String(Object(made.body).encoded),
    });
    const { createKey } = await import("../../scripts/keys/key-api.ts");
    const order = {
      name: "x",
      descriptors: { r: { cluster: ["monitor"], indices: [] } },
      origin: { environment, program: "collector", version: "0", host: "h", file: "f" },
      expiresDays: null,
    };
    await expect(createKey(http, order, AbortSignal.timeout(10_000))).rejects.toThrow(
      "are an API key themselves",
    );
    await http.close();
    expect((await lagline("keys", "revoke", "--yes", "--id", String(Object(made.body).id))).exitCode).toBe(0);
  });

  test("are made one per program, and each does its work and nothing else", LONG, async () => {
    const { exitCode, text } = await lagline("keys", "create", "--expires-days", "200");
    expect({ exitCode, text }).toMatchObject({ exitCode: 0 });
    for (const program of ["collector", "setup", "reader", "grafana"]) {
      expect(text).toContain(`${program}: new key `);
      expect(statSync(keyFile(program)).mode & 0o777).toBe(0o600);
      expect(text).not.toContain(readFileSync(keyFile(program), "utf8").trim().slice(-20));
    }
    const setUp = await lagline("setup");
    expect({ ...setUp }).toMatchObject({ exitCode: 0 });
    expect(await deliverWith("collector")).toMatchObject({ said: [], stats: { stored: PARTITIONS } });
    expect((await ask("collector", `/${index().search}/_search`)).status).toBe(403);
    expect((await ask("setup", `/${index().search}/_search`)).status).toBe(403);
    await documents();
    for (const program of ["reader", "grafana"]) {
      const { status, body } = await ask(program, `/${index().search}/_search`);
      expect({ status, hits: Object(body).hits.total.value }).toEqual({ status: 200, hits: PARTITIONS });
    }
  });

  test("that can only read are denied with what they lack, and the documents wait", LONG, async () => {
    const { said, stats } = await deliverWith("reader");
    expect(said[0]).toMatch(/API key \S+ lacks the index privilege create_doc/);
    expect(stats).toMatchObject({ stored: 0, deadLettered: 0, documents: PARTITIONS });
  });

  test("that have expired, or were revoked, are told as that, and the documents wait", LONG, async () => {
    const make = async (more: object): Promise<{ id: string; encoded: string }> =>
      Object(
        (
          await operator.request({
            method: "POST",
            path: "/_security/api_key",
            json: { name: `lagline-${environment}-collector`, ...more },
          })
        ).body,
      );
    const [short, gone] = [await make({ expiration: "1s" }), await make({})];
    const waits = { stored: 0, deadLettered: 0, documents: PARTITIONS };
    const revoked = await lagline("keys", "revoke", "--yes", "--id", gone.id);
    expect(revoked.text).toContain(`Revoked: ${gone.id}.`);
    const ofGone = await deliverWith("collector", { apiKey: gone.encoded });
    expect(ofGone.said[0]).toContain(`the API key ${gone.id} was revoked. \`lagline keys rotate\``);
    expect(ofGone.stats).toMatchObject(waits);
    const ofShort = await eventually("the key expires", 10, async () => {
      const found = await deliverWith("collector", { apiKey: short.encoded });
      return found.said.some((sentence) => sentence.includes("expired")) ? found : undefined;
    });
    expect(ofShort.said.join(" ")).toContain("the API key has expired. `lagline keys rotate`");
    expect(ofShort.stats).toMatchObject(waits);
  });

  test(
    "are rotated under a collector that runs: no restart, and sent is stored",
    { timeout: 300_000 },
    async () => {
      burrow.setCluster("local", {
        topics: new Map([["orders", [100, 200]]]),
        groups: new Map([["billing", [0, 1].map((partition) => ({ topic: "orders", partition }))]]),
      });
      const before = await documents();
      const collector = execa(join(bin, "node"), ["scripts/lagline.ts", "collect", "--config", file], {
        cwd: repositoryRoot,
        all: true,
        reject: false,
        stdin: "ignore",
        env: environmentOf(),
      });
      let said = "";
      collector.all.on("data", (part: Buffer) => (said += part.toString()));
      const rotations: number[] = [];
      try {
        await eventually("the collector stores", 60, async () =>
          (await documents()) > before ? true : undefined,
        );
        for (const round of [1, 2]) {
          const old = readFileSync(keyFile("collector"), "utf8");
          const { exitCode, text } = await lagline("keys", "rotate", "collector", "--grace-seconds", "0");
          const endedMs = Date.now();
          expect({ exitCode, text }).toMatchObject({ exitCode: 0 });
          expect(text).toMatch(/Revoked: \S+\.$/);
          expect(readFileSync(keyFile("collector"), "utf8")).not.toBe(old);
          await eventually(`the collector takes key ${round + 1}`, 60, async () =>
            said.split("LAGLINE_ELASTICSEARCH_CREDENTIALS").length > round ? true : undefined,
          );
          const held = await documents();
          await eventually("documents with the new key", 60, async () =>
            (await documents()) > held ? true : undefined,
          );
          rotations.push(Date.now() - endedMs);
        }
        await eventually("all that was accepted is stored, once", 60, async () => {
          const accepted = await metric("lagline_documents_total");
          const stored = (await documents()) - before;
          return accepted === stored && accepted === (await metric("lagline_documents_total"))
            ? true
            : undefined;
        });
        expect(collector.kill(0)).toBe(true);
        expect(await metric("lagline_spool_dropped_documents_total")).toBe(0);
      } finally {
        collector.kill("SIGTERM");
        await collector;
      }
      expect(said).toContain("was revoked. `lagline keys rotate`");
      process.stdout.write(`Until documents with the new key: ${rotations.join(" ms, ")} ms\n`);
    },
  );

  test("are listed with their file and their end, and keep how long they last", LONG, async () => {
    const { exitCode, text } = await lagline("keys", "list");
    expect(exitCode).toBe(0);
    for (const program of ["collector", "setup", "reader", "grafana"]) {
      expect(text).toMatch(
        new RegExp(
          `lagline-${environment}-${program} .* in (199|200) days +in use \\(.*${program}-api-key\\)`,
        ),
      );
    }
    expect(text).not.toMatch(/older|orphaned|No valid key/);
  });
});
