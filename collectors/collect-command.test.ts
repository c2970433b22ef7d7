import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LagDocument } from "../model/documents.ts";
import { type ElasticsearchSink, startElasticsearchSink } from "../scripts/bench/elasticsearch-sink.ts";
import { createCertificateMaker } from "../tests/fakes/certificates.ts";
import { type FakeBurrow, startFakeBurrow } from "../tests/fakes/fake-burrow.ts";
import { startFakeElasticsearch } from "../tests/fakes/fake-elasticsearch.ts";
import { freePort } from "../tests/support/free-port.ts";

const command = fileURLToPath(new URL("../scripts/lagline.ts", import.meta.url));
let directory: string;
let burrow: FakeBurrow;
let elasticsearch: ElasticsearchSink;
let children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-collect-"));
  burrow = await startFakeBurrow();
  burrow.setCluster("local", {
    topics: new Map([["orders", [10, 20]]]),
    groups: new Map([["billing", [0, 1].map((partition) => ({ topic: "orders", partition }))]]),
  });
  elasticsearch = await startElasticsearchSink();
});

afterEach(async () => {
  for (const child of children.filter(
    ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
  )) {
    child.kill("SIGKILL");
  }
  children = [];
  await burrow.close();
  elasticsearch.close();
  await rm(directory, { recursive: true, force: true });
});

async function start(
  args: readonly string[],
  change: Record<string, unknown> = {},
  urls: { elasticsearch?: number; external?: Record<string, unknown> } = {},
) {
  const healthPort = await freePort();
  const file = join(directory, "lagline.yaml");
  const config = {
    environment: "test",
    clusters: { local: { burrow: { external: { servers: [burrow.url] } } } },
    elasticsearch: {
      external: urls.external ?? { url: `http://127.0.0.1:${urls.elasticsearch ?? elasticsearch.port}` },
    },
    collector: {
      interval_seconds: 1,
      spool_directory: join(directory, "spool"),
      health_port: healthPort,
      stop_deadline_seconds: 2,
      sidecar_mode: "shared-network",
      ...change,
    },
  };
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [command, "collect", "--config", file, ...args]);
  children.push(child);
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (part: Buffer) => {
    output.stdout += part.toString();
  });
  child.stderr.on("data", (part: Buffer) => {
    output.stderr += part.toString();
  });
  const exit = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  return { child, output, exit, healthUrl: `http://127.0.0.1:${healthPort}` };
}

async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await isTrue())) {
    if (Date.now() > end) {
      throw new Error(`Waited in vain for: ${what}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}

async function ask(url: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url);
    return { status: response.status, text: await response.text() };
  } catch {
    return { status: 0, text: "" };
  }
}

describe("one cycle", () => {
  test("with Elasticsearch down keeps the documents, ends with 1 and delivers them in the next run", async () => {
    // `--once` waits for Elasticsearch; a signal ends the waiting, not the keeping.
    const first = await start(["--once"], {}, { elasticsearch: await freePort() });
    await until("documents in the spool", () => first.output.stderr.includes("LAGLINE_ELASTICSEARCH_RETRY"));
    first.child.kill("SIGTERM");
    expect(await first.exit).toBe(1);
    expect(first.output.stderr).toMatch(/\d+ documents could not be sent; they wait in the spool/);
    const second = await start(["--once"]);
    expect(await second.exit).toBe(0);
    expect(elasticsearch.counts.documents).toBeGreaterThanOrEqual(10);
  });

  test("with Burrow down ends with 1 and still stores what it knows about itself", async () => {
    burrow.setReady(false);
    const run = await start(["--once"]);
    expect(await run.exit).toBe(1);
    expect(run.output.stderr).toContain("still starting");
    expect(elasticsearch.counts.documents).toBeGreaterThanOrEqual(2);
  });

  test("printed gives documents on standard output only, and touches neither spool nor Elasticsearch", async () => {
    const run = await start(["--once", "--print"]);
    expect(await run.exit).toBe(0);
    const documents = run.output.stdout
      .trimEnd()
      .split("\n")
      .map((line): LagDocument => JSON.parse(line));
    expect(new Set(documents.map(({ record }) => record))).toEqual(
      new Set(["partition", "group", "topic", "cluster", "collector"]),
    );
    expect(elasticsearch.counts.bulkRequests).toBe(0);
    expect(await readdir(directory)).toEqual(["lagline.yaml"]);
  });

  test("printed into a reader that has gone ends quietly", async () => {
    const run = await start(["--print"]);
    run.child.stdout.destroy();
    expect(await run.exit).toBe(0);
    expect(run.output.stderr).not.toContain("Error");
  });
});

describe("the service", () => {
  test("tells in its log and its metrics that a certificate ends", async () => {
    const maker = createCertificateMaker();
    const authority = maker.make({ commonName: "authority", isAuthority: true, days: 400 });
    const node = maker.make({
      commonName: "node",
      alternativeName: "IP:127.0.0.1",
      issuer: authority,
      days: 20,
    });
    const secure = await startFakeElasticsearch({ tls: node });
    try {
      const tls = { ca_file: authority.files.certificate };
      const run = await start([], {}, { external: { url: secure.url, tls } });
      await until("the line", () => run.output.stderr.includes("LAGLINE_COLLECT_CERTIFICATE_ENDS"));
      expect(run.output.stderr).toContain(
        `The certificate that ${secure.url} presents (CN=node) ends in 19 days, on `,
      );
      expect(run.output.stderr).not.toContain("tls.ca_file");
      const { text } = await ask(`${run.healthUrl}/metrics`);
      const ends = (certificate: string): number =>
        Number(text.split(`expires_timestamp_seconds{certificate="${certificate}"} `)[1]?.split("\n")[0]);
      expect(ends(secure.url)).toBe(Date.parse(new X509Certificate(node.certificate).validTo) / 1000);
      expect(ends("elasticsearch.tls.ca_file")).toBeGreaterThan(ends(secure.url));
      run.child.kill("SIGTERM");
      expect(await run.exit).toBe(0);
    } finally {
      await secure.stop();
      maker.remove();
    }
  });

  test("starts with Elasticsearch and Burrow down, says so, and recovers by itself", async () => {
    burrow.setReady(false);
    const port = await freePort();
    const run = await start([], {}, { elasticsearch: port });
    await until("not ready", async () =>
      (await ask(`${run.healthUrl}/readyz`)).text.includes("still starting"),
    );
    expect((await ask(`${run.healthUrl}/healthz`)).status).toBe(200);
    burrow.setReady(true);
    const late = await startElasticsearchSink(port);
    await until("ready", async () => (await ask(`${run.healthUrl}/readyz`)).status === 200);
    await until("documents", () => late.counts.documents > 10, 15_000);
    const { text } = await ask(`${run.healthUrl}/metrics`);
    expect(text).toContain('lagline_ticks_total{result="ok"}');
    expect(text).toMatch(/lagline_documents_stored_total [1-9]/);
    run.child.kill("SIGTERM");
    expect(await run.exit).toBe(0);
    late.close();
  });

  test("SIGTERM delivers what waits, saves history and ends with 0", async () => {
    const run = await start([]);
    await until("two ticks", () => elasticsearch.counts.bulkRequests >= 4);
    const started = Date.now();
    run.child.kill("SIGTERM");
    expect(await run.exit).toBe(0);
    expect(Date.now() - started).toBeLessThan(3000);
    expect(run.output.stderr).toContain("the spool is empty");
    expect(await readdir(join(directory, "spool"))).toContain("history-local.bin");
    const again = await start([]);
    await until("history", () => again.output.stderr.includes("History of the last run loaded"));
    again.child.kill("SIGTERM");
    expect(await again.exit).toBe(0);
  });

  test("all that it says is JSON, one object a line, on standard error", async () => {
    const run = await start([], {}, { elasticsearch: await freePort() });
    await until("a retry", () => run.output.stderr.includes("LAGLINE_ELASTICSEARCH_RETRY"));
    run.child.kill("SIGTERM");
    await run.exit;
    expect(run.output.stdout).toBe("");
    const lines = run.output.stderr.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), message: expect.any(String) });
    }
  });

  test("SIGUSR1 sends what waits at once, and opens no debugger", async () => {
    const server = await startFakeElasticsearch();
    server.script({ kind: "status", status: 429, retryAfterSeconds: 500 });
    const run = await start([], { concurrent_bulks: 1 }, { elasticsearch: server.port });
    await until("a refusal", () => run.output.stderr.includes("LAGLINE_ELASTICSEARCH_RETRY"));
    expect(server.counts.stored).toBe(0);
    run.child.kill("SIGUSR1");
    await until("documents", () => server.counts.stored > 0, 5000);
    run.child.kill("SIGTERM");
    expect(await run.exit).toBe(0);
    expect(run.output.stderr).toContain("LAGLINE_COLLECT_FLUSH");
    expect(run.output.stderr).not.toContain("Debugger");
    await server.stop();
  });

  test("a second signal ends it at once", async () => {
    const run = await start([], { stop_deadline_seconds: 60 }, { elasticsearch: await freePort() });
    await until("a retry", () => run.output.stderr.includes("LAGLINE_ELASTICSEARCH_RETRY"));
    run.child.kill("SIGTERM");
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    run.child.kill("SIGTERM");
    expect(await run.exit).toBe(1);
    expect(run.output.stderr).toContain("LAGLINE_COLLECT_STOP_FORCED");
  });

  test("a health port that is taken is a start-up error with the setting to change, and nothing is left locked", async () => {
    const run = await start([], { health_port: burrow.port });
    expect(await run.exit).toBe(1);
    expect(run.output.stderr).toContain("collector.health_port");
    expect(await (await start(["--once"])).exit).toBe(0);
  });
});
