/** Elasticsearch whose certificate or whose mind about our key changes while the collector runs. */
import { X509Certificate } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CertificateMaker, createCertificateMaker } from "../fakes/certificates.ts";
import { type FakeElasticsearchOptions, startFakeElasticsearch } from "../fakes/fake-elasticsearch.ts";
import { type CollectorUnderTest, startCollector } from "./support/collector-under-test.ts";
import { CLEAN, reconcile } from "./support/reconcile.ts";
import { startWorld, until } from "./support/world.ts";

const cleanups: (() => Promise<void> | void)[] = [];
let certificates: CertificateMaker;
let folder = "";

beforeEach(async () => {
  certificates = createCertificateMaker();
  folder = await mkdtemp(join(tmpdir(), "lagline-trust-"));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  certificates.remove();
  await rm(folder, { recursive: true, force: true });
});

async function start(elasticsearch: Readonly<Record<string, unknown>>) {
  const world = await startWorld({ groups: 2, partitions: 3 });
  cleanups.push(async () => world.burrow.close());
  const collector = await startCollector({
    burrow: world.burrow,
    elasticsearch,
    timing: { requestTimeoutMs: 10_000 },
  });
  cleanups.push(async () => collector.stop());
  const tick = async (): Promise<void> => {
    world.live(collector.nowMs() + 30_000);
    await collector.tick();
  };
  return { collector, tick };
}

const isEmpty = (collector: CollectorUnderTest) => async (): Promise<boolean> =>
  (await collector.account()).waiting === 0;

test.each([
  ["of an unknown authority", "unknown", /self-signed certificate|unable to verify|certificate/i],
  ["for another host", "elsewhere", /certificate's altnames|Hostname/i],
])(
  "a certificate %s in mid-run: nothing is sent, the reason is said once, and all is delivered after it",
  async (_name, kind, reason) => {
    const authority = certificates.make({ commonName: "good", isAuthority: true });
    const server = (issuer = authority, alternativeName = "IP:127.0.0.1") =>
      certificates.make({ commonName: "elasticsearch", alternativeName, issuer });
    const good = server();
    const bad =
      kind === "unknown"
        ? server(certificates.make({ commonName: "impostor", isAuthority: true }))
        : server(authority, "IP:127.0.0.9");
    const first = await startFakeElasticsearch({ tls: good });
    const { collector, tick } = await start({
      url: first.url,
      tls: { ca_file: authority.files.certificate },
    });
    await tick();
    await until("the first tick", isEmpty(collector));
    await first.stop();
    const common: FakeElasticsearchOptions = { port: first.port, disk: first };
    const second = await startFakeElasticsearch({ ...common, tls: bad });
    await tick();
    await tick();
    await until("a refusal", () => collector.said("LAGLINE_ELASTICSEARCH_RETRY").length > 0);
    const [line, ...others] = collector.said("LAGLINE_ELASTICSEARCH_RETRY");
    expect(line?.message).toMatch(reason);
    expect(others).toEqual([]);
    expect(second.requests).toEqual([]);
    await second.stop();
    const third = await startFakeElasticsearch({ ...common, tls: good });
    cleanups.push(async () => third.stop());
    await until("an empty spool", isEmpty(collector));
    expect(await reconcile(collector, third)).toEqual(CLEAN);
    expect(collector.said("LAGLINE_ELASTICSEARCH_RECOVERED")).toHaveLength(1);
    expect(collector.auditor.faults).toEqual([]);
  },
);

test("a certificate that has ended in mid-run: nothing is sent, the line has its name and date, all is delivered after a renewal", async () => {
  const authority = certificates.make({ commonName: "authority", isAuthority: true });
  const server = (days: number) =>
    certificates.make({
      commonName: "elasticsearch",
      alternativeName: "IP:127.0.0.1",
      issuer: authority,
      days,
    });
  const first = await startFakeElasticsearch({ tls: server(2) });
  const { collector, tick } = await start({ url: first.url, tls: { ca_file: authority.files.certificate } });
  await tick();
  await until("the first tick", isEmpty(collector));
  await first.stop();
  const ended = server(-1);
  const second = await startFakeElasticsearch({ port: first.port, disk: first, tls: ended });
  await tick();
  await tick();
  await until("a refusal", () => collector.said("LAGLINE_ELASTICSEARCH_RETRY").length > 0);
  const date = new Date(new X509Certificate(ended.certificate).validTo).toISOString().slice(0, 16);
  expect(collector.said("LAGLINE_ELASTICSEARCH_RETRY")).toMatchObject([
    {
      message: expect.stringContaining(
        `certificate has expired. The certificate that ${first.url} presents (CN=elasticsearch) ended on ${date.replace("T", " ")} UTC.`,
      ),
    },
  ]);
  expect(second.requests).toEqual([]);
  await second.stop();
  const third = await startFakeElasticsearch({ port: first.port, disk: first, tls: server(2) });
  cleanups.push(async () => third.stop());
  await until("an empty spool", isEmpty(collector));
  expect(await reconcile(collector, third)).toEqual(CLEAN);
  expect(collector.said("LAGLINE_ELASTICSEARCH_RECOVERED")).toHaveLength(1);
  expect(collector.auditor.faults).toEqual([]);
});

test("a key that is replaced in mid-run: refused, read again from its file, delivered", async () => {
  const file = join(folder, "key");
  const writeKey = async (key: string): Promise<void> => {
    await writeFile(file, key);
    await chmod(file, 0o600);
  };
  let valid = "the-first-key";
  await writeKey(valid);
  const elasticsearch = await startFakeElasticsearch({
    rule: ({ headers }) =>
      headers.authorization === `ApiKey ${valid}`
        ? undefined
        : {
            kind: "status",
            status: 401,
            error: { type: "security_exception", reason: "unable to authenticate with the API key" },
          },
  });
  cleanups.push(async () => elasticsearch.stop());
  const { collector, tick } = await start({ url: elasticsearch.url, api_key_file: file });
  await tick();
  await until("the first tick", isEmpty(collector));
  const old = valid;
  valid = "the-second-key";
  await tick();
  await tick();
  await until("a refusal", () => collector.said("LAGLINE_ELASTICSEARCH_RETRY").length > 0);
  expect(collector.said("LAGLINE_ELASTICSEARCH_RETRY")).toMatchObject([
    { message: expect.stringContaining("401 security_exception unable to authenticate") },
  ]);
  expect((await collector.account()).waiting).toBe(collector.read.size - (await collector.account()).stored);
  await writeKey(valid);
  await until("an empty spool", isEmpty(collector));
  expect(await reconcile(collector, elasticsearch)).toEqual(CLEAN);
  expect(collector.said("LAGLINE_ELASTICSEARCH_CREDENTIALS")).toHaveLength(1);
  const said = JSON.stringify(collector.lines) + (await collector.metrics());
  expect(said).not.toContain(old);
  expect(said).not.toContain(valid);
  expect(collector.auditor.faults).toEqual([]);
});

test("an authority that is rotated in mid-run: not trusted, read again from its file, delivered", async () => {
  const file = join(folder, "ca.pem");
  const old = certificates.make({ commonName: "authority", isAuthority: true });
  const server = (issuer: typeof old) =>
    certificates.make({ commonName: "elasticsearch", alternativeName: "IP:127.0.0.1", issuer });
  await writeFile(file, old.certificate);
  const first = await startFakeElasticsearch({ tls: server(old) });
  const { collector, tick } = await start({ url: first.url, tls: { ca_file: file } });
  await tick();
  await until("the first tick", isEmpty(collector));
  await first.stop();
  const fresh = certificates.make({ commonName: "authority", isAuthority: true });
  const second = await startFakeElasticsearch({ tls: server(fresh), port: first.port, disk: first });
  cleanups.push(async () => second.stop());
  await tick();
  await tick();
  await until("a refusal", () => collector.said("LAGLINE_ELASTICSEARCH_RETRY").length > 0);
  expect(collector.said("LAGLINE_ELASTICSEARCH_RETRY")).toMatchObject([
    { message: expect.stringContaining(`not signed by the authority in ${file} (tls.ca_file)`) },
  ]);
  expect(second.requests).toEqual([]);
  await writeFile(file, fresh.certificate);
  await until("an empty spool", isEmpty(collector));
  expect(await reconcile(collector, second)).toEqual(CLEAN);
  expect(collector.said("LAGLINE_ELASTICSEARCH_CREDENTIALS")).toHaveLength(1);
  expect(collector.said("LAGLINE_ELASTICSEARCH_RECOVERED")).toHaveLength(1);
  expect(collector.auditor.faults).toEqual([]);
});
