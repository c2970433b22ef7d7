/** Settings of lagline.yaml for both connections, on the wire: headers, and the oldest version of TLS. */
import { createServer } from "node:https";
import type { SecureVersion } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import {
  type CertificateMaker,
  type MadeCertificate,
  createCertificateMaker,
} from "../tests/fakes/certificates.ts";
import { startFakeElasticsearch } from "../tests/fakes/fake-elasticsearch.ts";
import { runScrape } from "../tests/fakes/scraping.ts";
import { openScraper } from "./burrow/open.ts";
import { createElasticsearchHttp } from "./elasticsearch/client.ts";
import { clientSettings } from "./elasticsearch/connection.ts";
import { burrowSource } from "./settings.ts";

const cleanups: (() => Promise<void> | void)[] = [];
let maker: CertificateMaker;
let authority: MadeCertificate;

beforeEach(() => {
  maker = createCertificateMaker();
  cleanups.push(() => {
    maker.remove();
  });
  authority = maker.make({ commonName: "authority", isAuthority: true });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Speaks TLS up to this version, and answers anything with an empty object of Elasticsearch. */
async function serve(maxVersion: SecureVersion): Promise<string> {
  const node = maker.make({ commonName: "node", alternativeName: "IP:127.0.0.1", issuer: authority });
  const server = createServer({ cert: node.certificate, key: node.key, maxVersion }, (_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "x-elastic-product": "Elasticsearch" });
    response.end("{}");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

function configFor(url: string, more = ""): Config {
  const tls = url.startsWith("https") ? `tls: { ca_file: "${authority.files.certificate}", ${more} }` : more;
  return parseConfig(
    `{ environment: t, clusters: { local: { burrow: { external: { servers: ["${url}"], ${url.startsWith("https") ? tls : ""} } } } }, elasticsearch: { external: { url: "${url}", ${tls} } } }`,
    "lagline.yaml",
  );
}

async function askElasticsearch(config: Config): Promise<number> {
  const http = await createElasticsearchHttp(clientSettings(config, "collector"));
  cleanups.push(async () => http.close());
  return (await http.request({ method: "GET", path: "/" })).status;
}

async function askBurrow(config: Config): Promise<readonly string[]> {
  const scraper = openScraper(burrowSource(config, "local"));
  const { problems } = await runScrape(scraper);
  scraper.close();
  return problems;
}

describe("a server that only speaks TLS 1.2", () => {
  test("is refused by both connections where 1.3 is the oldest that may be spoken", async () => {
    const config = configFor(await serve("TLSv1.2"), "minimum_version: TLSv1.3");
    expect(await askBurrow(config)).toEqual(["tls"]);
    await expect(askElasticsearch(config)).rejects.toThrow(/TLS|protocol/i);
  });

  test("is taken where nothing is set", async () => {
    const config = configFor(await serve("TLSv1.2"));
    // It is no Burrow, and says so over TLS.
    expect(await askBurrow(config)).not.toContain("tls");
    expect(await askElasticsearch(config)).toBe(200);
  });
});

test("headers of the configuration go with every request to Elasticsearch, beside the client's own", async () => {
  const fake = await startFakeElasticsearch();
  cleanups.push(async () => fake.stop());
  const config = configFor(fake.url, "headers: { X-Scope-OrgID: team-a, x-empty: '' }");
  await askElasticsearch(config);
  expect(fake.requests[0]?.headers).toMatchObject({ "x-scope-orgid": "team-a", accept: "application/json" });
});

test.each(["Authorization: x", "content-type: x", '"a b": x', 'x-two: "a\\nb"'])(
  "the header %s is refused at start",
  (header) => {
    expect(() => configFor("http://127.0.0.1:1", `headers: { ${header} }`)).toThrow(
      /elasticsearch\.external\.headers\./,
    );
  },
);
