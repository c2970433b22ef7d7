/** Whom the connection believes: names, authorities, and files that change while it is open. */
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCertificateMaker } from "../../tests/fakes/certificates.ts";
import type { CertificateMaker, MadeCertificate } from "../../tests/fakes/certificates.ts";
import type { FakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import { startFakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import type { ElasticsearchHttp } from "./client.ts";
import { createElasticsearchHttp } from "./client.ts";
import type { ConnectionFiles } from "./credentials.ts";
import { describeDistrust } from "./distrust.ts";

const ELSEWHERE = "search.example.org";
const cleanups: (() => Promise<void> | void)[] = [];
let maker: CertificateMaker;
let directory = "";

beforeEach(() => {
  maker = createCertificateMaker();
  directory = mkdtempSync(join(tmpdir(), "lagline-trust-"));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  maker.remove();
  rmSync(directory, { recursive: true, force: true });
});

function authorityAndNode(alternativeName: string): { authority: MadeCertificate; node: MadeCertificate } {
  const authority = maker.make({ commonName: "authority", isAuthority: true });
  return { authority, node: maker.make({ commonName: "node", alternativeName, issuer: authority }) };
}

async function serve(node: MadeCertificate, port = 0): Promise<FakeElasticsearch> {
  const server = await startFakeElasticsearch({ tls: node, port });
  cleanups.push(async () => server.stop());
  return server;
}

async function open(server: FakeElasticsearch, files: ConnectionFiles): Promise<ElasticsearchHttp> {
  const http = await createElasticsearchHttp({ urls: [server.url], files, requestTimeoutMs: 5000 });
  cleanups.push(async () => http.close());
  return http;
}

const look = (http: ElasticsearchHttp) => http.request({ method: "GET", path: "/_cluster/health" });

describe("a server whose certificate is for another name than the address", () => {
  test("is refused with a sentence that says what can be done, and receives nothing", async () => {
    const { authority, node } = authorityAndNode(`DNS:${ELSEWHERE}`);
    const server = await serve(node);
    const http = await open(server, { caFile: authority.files.certificate });
    await expect(look(http)).rejects.toThrow(
      /not trusted: its certificate is not for the host in the address; tls\.server_name can name another one/,
    );
    expect(server.requests).toEqual([]);
  });

  test("is refused when tls.server_name is yet another name, which the sentence tells", async () => {
    const { authority, node } = authorityAndNode(`DNS:${ELSEWHERE}`);
    const http = await open(await serve(node), {
      caFile: authority.files.certificate,
      serverName: "other.example.org",
    });
    await expect(look(http)).rejects.toThrow(/is not for tls\.server_name \(other\.example\.org\)/);
  });

  test("is believed when tls.server_name is its name", async () => {
    const { authority, node } = authorityAndNode(`DNS:${ELSEWHERE}`);
    const http = await open(await serve(node), {
      caFile: authority.files.certificate,
      serverName: ELSEWHERE,
    });
    expect((await look(http)).status).toBe(200);
  });

  test("is believed when its authority is known by its fingerprint only", async () => {
    const authority = maker.make({ commonName: "authority", isAuthority: true });
    const node = maker.make({
      commonName: "node",
      alternativeName: `DNS:${ELSEWHERE}`,
      issuer: authority,
    });
    const server = await serve({ ...node, certificate: node.certificate + authority.certificate });
    const http = await open(server, { caFingerprint: authority.fingerprint, serverName: ELSEWHERE });
    expect((await look(http)).status).toBe(200);
  });
});

test.each([
  ["its own", "CN=node", { authority: 40, node: -1 }],
  ["its authority's", "CN=authority", { authority: -1, node: 40 }],
])(
  "a server is refused after the end of %s certificate, with its name and date",
  async (_whose, name, days) => {
    const authority = maker.make({ commonName: "authority", isAuthority: true, days: days.authority });
    const order = { commonName: "node", alternativeName: "IP:127.0.0.1", issuer: authority };
    const node = maker.make({ ...order, days: days.node });
    const server = await serve(node);
    const http = await open(server, { caFile: authority.files.certificate });
    const { validTo } = new X509Certificate(days.node < 0 ? node.certificate : authority.certificate);
    const date = new Date(validTo).toISOString().slice(0, 10);
    const refusal = await look(http).catch((error: unknown) => String(error));
    expect(refusal).toContain("Elasticsearch is not trusted: certificate has expired.");
    expect(refusal).toMatch(new RegExp(`${name}\\b.* ended on ${date} `));
    expect(server.requests).toEqual([]);
  },
);

test("a rotated authority is read again from its file, which the sentence names", async () => {
  const first = authorityAndNode("IP:127.0.0.1");
  const caFile = join(directory, "ca.pem");
  writeFileSync(caFile, first.authority.certificate);
  const before = await serve(first.node);
  const http = await open(before, { caFile });
  expect((await look(http)).status).toBe(200);
  await before.stop();

  const second = authorityAndNode("IP:127.0.0.1");
  const after = await serve(second.node, before.port);
  await expect(look(http)).rejects.toThrow(`not signed by the authority in ${caFile} (tls.ca_file)`);
  expect(await http.reload()).toBe(false);
  // Half written, as a reader may find it.
  writeFileSync(caFile, second.authority.certificate.slice(0, 100));
  await http.reload();
  await expect(look(http)).rejects.toThrow(/Elasticsearch (cannot be reached|is not trusted)/);
  writeFileSync(caFile, second.authority.certificate);
  expect(await http.reload()).toBe(true);
  expect((await look(http)).status).toBe(200);
  expect(after.requests.length).toBe(1);
});

describe("sentences about distrust", () => {
  const caFile = "/run/secrets/elasticsearch-ca";
  test.each([
    ["self-signed certificate in certificate chain", { caFile }, `the authority in ${caFile}`],
    ["unable to verify the first certificate", {}, "an authority that this host knows"],
    ["certificate signature failure", { caFingerprint: "AB" }, "the authority that ca_fingerprint names"],
    ["certificate has expired", { caFile }, `Renew it, or the authority in ${caFile}`],
    ["Hostname/IP does not match certificate's altnames: x", {}, "the host in the address"],
  ])("%s", (detail, files, part) => {
    expect(describeDistrust(detail, files)).toContain(part);
  });

  test.each(["connect ECONNREFUSED 127.0.0.1:9200", "socket hang up", "other side closed"])(
    "are not made of %s",
    (detail) => {
      expect(describeDistrust(detail, { caFile })).toBeUndefined();
    },
  );
});
