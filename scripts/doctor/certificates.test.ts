import { afterEach, beforeEach, expect, test } from "vitest";
import type { CertificateSource } from "../../collectors/certificates/look.ts";
import type { CertificateMaker, MadeCertificate } from "../../tests/fakes/certificates.ts";
import { createCertificateMaker } from "../../tests/fakes/certificates.ts";
import { startFakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import type { CertificatesLook } from "./certificates.ts";
import { judgeCertificates, kafkaCertificates, managedFix } from "./certificates.ts";

const renewal = "Renew it on that server.";
let maker: CertificateMaker;
let stop: () => Promise<void> = async () => undefined;
beforeEach(() => {
  maker = createCertificateMaker();
});
afterEach(async () => {
  await stop();
  maker.remove();
});

const look = (sources: readonly CertificateSource[], over: Partial<CertificatesLook> = {}) =>
  judgeCertificates({
    sources,
    warningDays: 30,
    nowMs: Date.now(),
    signal: AbortSignal.timeout(5000),
    ...over,
  });

/** A server with a certificate of so many days, and the authority that signed it. */
async function serve(days: { node: number; authority: number }): Promise<{
  readonly url: string;
  readonly authority: MadeCertificate;
  readonly sources: readonly CertificateSource[];
}> {
  const authority = maker.make({ commonName: "authority", isAuthority: true, days: days.authority });
  const tls = maker.make({
    commonName: "node",
    alternativeName: "IP:127.0.0.1",
    issuer: authority,
    days: days.node,
  });
  const server = await startFakeElasticsearch({ tls });
  stop = async () => server.stop();
  const { url } = server;
  const caFile = authority.files.certificate;
  return {
    url,
    authority,
    sources: [
      { kind: "file", setting: "tls.ca_file", path: caFile, renewal },
      { kind: "server", url, caFile, renewal },
    ],
  };
}

test("certificates that last are right, and the first end is told", async () => {
  const { sources, url } = await serve({ node: 300, authority: 3000 });
  expect(await look(sources)).toEqual([
    {
      check: "certificates",
      outcome: "ok",
      evidence: expect.stringMatching(
        new RegExp(
          `^All 2 last\\. The certificate that ${url} presents \\(CN=node\\) ends in (299|300) days, on `,
        ),
      ),
    },
  ]);
});

test("one that ends within the days of the configuration is a warning with its days, its place and what to do", async () => {
  const { sources, url } = await serve({ node: 20, authority: 3000 });
  const [found, ...others] = await look(sources);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ outcome: "warning", fix: renewal });
  expect(found?.evidence).toContain(`The certificate that ${url} presents (CN=node) ends in 19 days, on `);
  expect(await look(sources, { warningDays: 10 })).toMatchObject([{ outcome: "ok" }]);
});

test("an authority that ends is told by its file and by the server that it vouches for", async () => {
  const { sources, authority } = await serve({ node: 300, authority: 5 });
  const found = await look(sources, { fix: managedFix });
  expect(found.map(({ outcome, fix }) => [outcome, fix])).toEqual([
    ["warning", "scripts/lagline secrets rotate --authority"],
    ["warning", "scripts/lagline secrets rotate --authority"],
  ]);
  expect(found[0]?.evidence).toContain(authority.files.certificate);
});

test("one that is over breaks the link, with its date and the command that renews it", async () => {
  const { sources } = await serve({ node: -1, authority: 3000 });
  const found = await look(sources, { fix: managedFix });
  expect(found).toMatchObject([
    {
      outcome: "broken",
      evidence: expect.stringMatching(/\(CN=node\) ended on \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/),
      fix: "scripts/lagline secrets rotate --certificates",
    },
  ]);
});

test("what cannot be read is skipped, because the link itself says more", async () => {
  expect(await look([{ kind: "server", url: "https://127.0.0.1:1", renewal }])).toMatchObject([
    { outcome: "skipped" },
  ]);
});

test("without TLS nothing is said", async () => {
  expect(await look([])).toEqual([]);
  expect(kafkaCertificates("shop", { bootstrapServers: ["kafka:9092"] })).toEqual([]);
});

test("a broker's certificate is looked at by its bootstrap address", async () => {
  const { url, authority } = await serve({ node: 3, authority: 3000 });
  const { host } = new URL(url);
  const sources = kafkaCertificates("shop", {
    bootstrapServers: [host],
    tls: { ca_file: authority.files.certificate },
  });
  expect(await look(sources)).toMatchObject([
    { outcome: "warning", evidence: expect.stringContaining(`The certificate that tls://${host} presents`) },
  ]);
});
