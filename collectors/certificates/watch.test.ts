import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CertificateMaker, MadeCertificate } from "../../tests/fakes/certificates.ts";
import { createCertificateMaker } from "../../tests/fakes/certificates.ts";
import { startFakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import type { CertificateSource } from "./look.ts";
import { lookAtCertificates } from "./look.ts";
import { createCertificateLook, watchCertificates } from "./watch.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const renewal = "Renew it.";
const cleanups: (() => Promise<void>)[] = [];
let maker: CertificateMaker;
beforeEach(() => {
  maker = createCertificateMaker();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  maker.remove();
});

const signal = (): AbortSignal => AbortSignal.timeout(5000);

async function serve(tls: MadeCertificate): Promise<string> {
  const server = await startFakeElasticsearch({ tls });
  cleanups.push(async () => server.stop());
  return server.url;
}

const ca = (of: MadeCertificate): CertificateSource => ({
  kind: "file",
  setting: "ca",
  path: of.files.certificate,
  renewal,
});

/** A watcher whose clock the test sets, and what it said. */
function watching(sources: readonly CertificateSource[]) {
  const clock = { ms: Date.now() };
  const seen = new Map<string, number>();
  const said: string[] = [];
  const look = createCertificateLook({
    sources,
    warningDays: 30,
    now: () => clock.ms,
    events: {
      certificateSeen: (of, endsMs) => void seen.set(of, endsMs),
      certificateEnds: (sentence, hasEnded) => void said.push(`${hasEnded ? "ERROR" : "WARN"} ${sentence}`),
    },
  });
  return {
    seen,
    said,
    at: async (ms: number): Promise<readonly string[]> => {
      clock.ms = ms;
      said.length = 0;
      await look(signal());
      return [...said];
    },
  };
}

test("a file that is missing and a server that is down are left out", async () => {
  const sources: CertificateSource[] = [
    { kind: "file", setting: "ca", path: "/nowhere", renewal },
    { kind: "server", url: "https://127.0.0.1:1", renewal },
    { kind: "server", url: "https://127.0.0.1:1", caFile: "/nowhere", renewal },
  ];
  expect(await lookAtCertificates(sources, signal())).toEqual([]);
});

test("a server without TLS is not looked at", async () => {
  const server = await startFakeElasticsearch();
  cleanups.push(async () => server.stop());
  expect(await lookAtCertificates([{ kind: "server", url: server.url, renewal }], signal())).toEqual([]);
  expect(server.requests).toEqual([]);
});

test("the authority that a server keeps back is found in the file, and counts", async () => {
  const authority = maker.make({ commonName: "authority", isAuthority: true, days: 3 });
  const node = maker.make({
    commonName: "node",
    alternativeName: "IP:127.0.0.1",
    issuer: authority,
    days: 300,
  });
  const url = await serve(node);
  const source = { kind: "server", url, caFile: authority.files.certificate, renewal } as const;
  const [expiry, ...others] = await lookAtCertificates([source], signal());
  expect(others).toEqual([]);
  expect(expiry).toMatchObject({ of: url, isAuthority: true, what: expect.stringContaining("CN=authority") });
});

test("nothing is said about what lasts, and its end is still known", async () => {
  const authority = maker.make({ commonName: "authority", isAuthority: true, days: 40 });
  const watch = watching([ca(authority)]);
  expect(await watch.at(Date.now())).toEqual([]);
  const days = ((watch.seen.get("ca") ?? 0) - Date.now()) / DAY_MS;
  expect(days).toBeGreaterThan(39.9);
  expect(days).toBeLessThanOrEqual(40);
});

test("an end that comes is said once a day, then as an error once it came", async () => {
  const authority = maker.make({ commonName: "authority", isAuthority: true, days: 31 });
  const watch = watching([ca(authority)]);
  const start = Date.now();
  expect(await watch.at(start)).toEqual([]);
  const later = start + 2 * DAY_MS;
  expect(await watch.at(later)).toEqual([
    expect.stringMatching(/^WARN .* ends in 28 days, on .* Renew it\.$/),
  ]);
  expect(await watch.at(later + HOUR_MS)).toEqual([]);
  expect(await watch.at(later + DAY_MS - 1)).toEqual([]);
  expect(await watch.at(later + DAY_MS)).toEqual([expect.stringContaining("ends in 27 days")]);
  const end = watch.seen.get("ca") ?? 0;
  expect(await watch.at(end - HOUR_MS)).toEqual([expect.stringContaining("ends within a day")]);
  expect(await watch.at(end + 1000)).toEqual([expect.stringMatching(/^ERROR .* ended on /)]);
  expect(await watch.at(end + HOUR_MS)).toEqual([]);
  expect(await watch.at(end + 2 * DAY_MS)).toHaveLength(1);
});

test("a clock that was set back does not silence it", async () => {
  const watch = watching([ca(maker.make({ commonName: "authority", isAuthority: true, days: 10 }))]);
  const start = Date.now();
  expect(await watch.at(start)).toHaveLength(1);
  expect(await watch.at(start - HOUR_MS)).toHaveLength(1);
});

test("a renewed certificate ends the warnings, and a later end is a new one", async () => {
  const authority = maker.make({ commonName: "authority", isAuthority: true, days: 10 });
  const watch = watching([ca(authority)]);
  const now = Date.now();
  expect(await watch.at(now)).toHaveLength(1);
  const fresh = maker.make({ commonName: "authority", isAuthority: true, days: 400 });
  writeFileSync(authority.files.certificate, fresh.certificate);
  expect(await watch.at(now + DAY_MS)).toEqual([]);
  expect(watch.seen.get("ca")).toBeGreaterThan(now + 399 * DAY_MS);
  expect(await watch.at(now + 380 * DAY_MS)).toHaveLength(1);
});

test("the watch looks every hour until it is stopped", async () => {
  const stop = new AbortController();
  const waits: number[] = [];
  let looks = 0;
  await watchCertificates(
    {
      sources: [ca(maker.make({ commonName: "authority", isAuthority: true }))],
      warningDays: 1,
      now: Date.now,
      events: { certificateSeen: () => void (looks += 1), certificateEnds: () => undefined },
    },
    async (ms) => {
      waits.push(ms);
      if (waits.length === 3) stop.abort();
    },
    stop.signal,
  );
  expect(looks).toBe(3);
  expect(waits).toEqual([HOUR_MS, HOUR_MS, HOUR_MS]);
});
