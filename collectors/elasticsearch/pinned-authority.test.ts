import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { Server } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createCertificateMaker } from "../../tests/fakes/certificates.ts";
import type { MadeCertificate } from "../../tests/fakes/certificates.ts";
import { createElasticsearchHttp } from "./client.ts";
import type { ElasticsearchHttp } from "./client.ts";
import { findAuthority } from "./pinned-authority.ts";

const LOOPBACK = "IP:127.0.0.1";
const maker = createCertificateMaker();
const directory = mkdtempSync(join(tmpdir(), "lagline-pinned-"));
const passwordFile = join(directory, "password");
writeFileSync(passwordFile, "throwaway\n");

const authority = maker.make({ commonName: "authority", isAuthority: true });
const good = maker.make({ commonName: "node", alternativeName: LOOPBACK, issuer: authority });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
afterAll(() => {
  maker.remove();
  rmSync(directory, { recursive: true });
});

type Identity = { readonly key: string; readonly chain: readonly MadeCertificate[] };
type Listening = {
  readonly port: number;
  /** The Authorization header of each request that arrived. */
  readonly received: (string | undefined)[];
  readonly stop: () => Promise<void>;
};

async function serve(
  { key, chain }: Identity,
  options: { readonly port?: number; readonly maxVersion?: "TLSv1.2" | "TLSv1.3" } = {},
): Promise<Listening> {
  const received: (string | undefined)[] = [];
  const cert = chain.map(({ certificate }) => certificate).join("");
  const server: Server = createServer(
    { key, cert, maxVersion: options.maxVersion ?? "TLSv1.3" },
    (request, response) => {
      received.push(request.headers.authorization);
      response.setHeader("x-elastic-product", "Elasticsearch");
      response.setHeader("content-type", "application/json");
      response.end("{}");
    },
  );
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  cleanups.push(stop);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return { port: address.port, received, stop };
}

async function pinnedTo(fingerprint: string, ...ports: readonly number[]): Promise<ElasticsearchHttp> {
  const http = await createElasticsearchHttp({
    urls: ports.map((port) => `https://127.0.0.1:${port}`),
    files: { caFingerprint: fingerprint, username: "lagline", passwordFile },
  });
  cleanups.push(() => http.close());
  return http;
}

function ask(http: ElasticsearchHttp): Promise<number> {
  return http.request({ method: "GET", path: "/", timeoutMs: 3000 }).then(({ status }) => status);
}

/** Of a server that takes connections and never says a word. */
async function hangingPort(): Promise<number> {
  const silent = createTcpServer((socket) => socket.on("error", () => socket.destroy()).resume());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  cleanups.push(async () => void silent.close());
  const address = silent.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}

describe("an authority pinned by its fingerprint: who is refused", () => {
  it("an impostor that only appends the authority's public certificate, whatever its own says", async () => {
    const other = maker.make({ commonName: "other", isAuthority: true });
    const namesake = maker.make({ commonName: "authority", isAuthority: true });
    const impostors = [
      // Nothing links these to the appended authority, so it is not even part of their chain.
      {
        made: maker.make({
          commonName: "elsewhere",
          alternativeName: "DNS:elsewhere.invalid",
          issuer: other,
        }),
        why: /None of the certificates/,
      },
      {
        made: maker.make({ commonName: "node", alternativeName: LOOPBACK, issuer: other }),
        why: /None of the certificates/,
      },
      {
        made: maker.make({ commonName: "node", alternativeName: LOOPBACK }),
        why: /None of the certificates/,
      },
      // Issuer names match all the way; only the signature tells.
      {
        made: maker.make({ commonName: "node", alternativeName: LOOPBACK, issuer: namesake }),
        why: /not signed by the authority that ca_fingerprint names \(certificate signature failure\)/,
      },
    ];
    for (const { made, why } of impostors) {
      const server = await serve({ key: made.key, chain: [made, authority] });
      const http = await pinnedTo(authority.fingerprint, server.port);
      await expect(ask(http)).rejects.toThrow(why);
      await expect(ask(http)).rejects.toThrow(why);
      expect(server.received).toEqual([]);
    }
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "a server with a certificate of the authority for another host, however often it is asked (%s)",
    async (maxVersion) => {
      const elsewhere = maker.make({
        commonName: "elsewhere",
        alternativeName: "DNS:elsewhere.invalid",
        issuer: authority,
      });
      const server = await serve({ key: elsewhere.key, chain: [elsewhere, authority] }, { maxVersion });
      const http = await pinnedTo(authority.fingerprint, server.port);
      // Host names are not checked again on a resumed TLS session: none may be kept from a refused one.
      for (let attempt = 0; attempt < 4; attempt += 1) {
        await expect(ask(http)).rejects.toThrow(/does not match certificate's altnames/);
      }
      expect(server.received).toEqual([]);
    },
  );

  it("an impostor that takes the place of the right server later", async () => {
    const right = await serve({ key: good.key, chain: [good, authority] });
    const http = await pinnedTo(authority.fingerprint, right.port);
    expect(await ask(http)).toBe(200);
    await right.stop();
    const impostor = maker.make({ commonName: "node", alternativeName: LOOPBACK });
    const server = await serve({ key: impostor.key, chain: [impostor, authority] }, { port: right.port });
    await expect(ask(http)).rejects.toThrow(/not trusted/);
    await expect(ask(http)).rejects.toThrow(/not trusted/);
    expect(server.received).toEqual([]);
  });

  it("a server without the pinned certificate, in one sentence that says what to do", async () => {
    const server = await serve({ key: good.key, chain: [good] });
    const http = await pinnedTo(authority.fingerprint, server.port);
    await expect(ask(http)).rejects.toThrow(
      /^None of the certificates that https:\/\/127\.0\.0\.1:\d+ presents has the fingerprint of elasticsearch\.external\.ca_fingerprint; .*tls\.ca_file.*\.$/,
    );
    expect(server.received).toEqual([]);
  });

  it("a fingerprint of the server's own certificate that an authority signed", async () => {
    const server = await serve({ key: good.key, chain: [good, authority] });
    const http = await pinnedTo(good.fingerprint, server.port);
    await expect(ask(http)).rejects.toThrow(/is that of the server's certificate, not of its authority/);
    expect(server.received).toEqual([]);
  });

  it("an address without TLS, where nothing could be checked", async () => {
    await expect(
      createElasticsearchHttp({
        urls: ["https://127.0.0.1:1", "http://127.0.0.1:2"],
        files: { caFingerprint: authority.fingerprint },
      }),
    ).rejects.toThrow(
      "elasticsearch.external.ca_fingerprint cannot be checked at http://127.0.0.1:2, which has no TLS.",
    );
  });

  it("a server that never ends the handshake, at the request's deadline", async () => {
    const http = await pinnedTo(authority.fingerprint, await hangingPort());
    await expect(http.request({ method: "GET", path: "/", timeoutMs: 200 })).rejects.toMatchObject({
      kind: "timeout",
      message: "Elasticsearch did not answer within 0.2 s.",
    });
    const stop = new AbortController();
    const stopped = http.request({ method: "GET", path: "/", signal: stop.signal });
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ kind: "aborted" });
  });
});

describe("an authority pinned by its fingerprint: who is let in", () => {
  it("a server whose chain ends at it, in either spelling of the fingerprint", async () => {
    const server = await serve({ key: good.key, chain: [good, authority] });
    const spellings = [authority.fingerprint, authority.fingerprint.replaceAll(":", "").toLowerCase()];
    for (const fingerprint of spellings)
      expect(await ask(await pinnedTo(fingerprint, server.port))).toBe(200);
    expect(server.received).toEqual([expect.stringMatching(/^Basic /), expect.stringMatching(/^Basic /)]);
  });

  it.each([true, false])(
    "a server with that self-signed certificate (authority: %s)",
    async (isAuthority) => {
      const own = maker.make({ commonName: "node", alternativeName: LOOPBACK, isAuthority });
      const server = await serve({ key: own.key, chain: [own] });
      expect(await ask(await pinnedTo(own.fingerprint, server.port))).toBe(200);
      expect(server.received).toHaveLength(1);
    },
  );

  it("a server below that intermediate authority, though its root is unknown", async () => {
    const middle = maker.make({ commonName: "middle", isAuthority: true, issuer: authority });
    const leaf = maker.make({ commonName: "node", alternativeName: LOOPBACK, issuer: middle });
    const server = await serve({ key: leaf.key, chain: [leaf, middle] });
    expect(await ask(await pinnedTo(middle.fingerprint, server.port))).toBe(200);
  });

  it("a server that comes up after the collector, and another node while the first is down", async () => {
    const before = await serve({ key: good.key, chain: [good, authority] });
    await before.stop();
    const http = await pinnedTo(authority.fingerprint, before.port);
    await expect(ask(http)).rejects.toMatchObject({ kind: "connect" });
    const after = await serve({ key: good.key, chain: [good, authority] }, { port: before.port });
    expect(await ask(http)).toBe(200);
    await after.stop();
    const second = await serve({ key: good.key, chain: [good, authority] });
    const both = await pinnedTo(authority.fingerprint, before.port, second.port);
    const statuses = await Promise.allSettled([ask(both), ask(both)]);
    expect(statuses.map(({ status }) => status)).toContain("fulfilled");
    expect(second.received.length).toBeGreaterThan(0);
  });

  it("a node that answers while another one hangs", async () => {
    const server = await serve({ key: good.key, chain: [good, authority] });
    const ports = [await hangingPort(), server.port];
    const found = await findAuthority({
      urls: ports.map((port) => `https://127.0.0.1:${port}`),
      fingerprint: authority.fingerprint,
      signal: AbortSignal.timeout(4000),
    });
    expect(found).toBe(authority.certificate);
  });

  it("the same server after a change of the password, with the new one", async () => {
    const server = await serve({ key: good.key, chain: [good, authority] });
    const http = await pinnedTo(authority.fingerprint, server.port);
    await ask(http);
    writeFileSync(passwordFile, "other\n");
    expect(await http.reload()).toBe(true);
    expect(await ask(http)).toBe(200);
    expect(new Set(server.received).size).toBe(2);
  });
});
