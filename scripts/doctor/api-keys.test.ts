import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { elasticsearchKeys } from "../../collectors/certificate-sources.ts";
import { createCertificateLook } from "../../collectors/certificates/watch.ts";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { FakeApiKeys } from "../../tests/fakes/fake-api-keys.ts";
import { startFakeApiKeys } from "../../tests/fakes/fake-api-keys.ts";
import { lookAtApiKeys } from "./api-keys.ts";
import type { Observation } from "./finding.ts";

const DAY_MS = 86_400_000;
let folder = "";
let fake: FakeApiKeys;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "lagline-doctor-keys-"));
  mkdirSync(join(folder, "t"));
  fake = await startFakeApiKeys();
});
afterEach(async () => {
  await fake.stop();
  rmSync(folder, { recursive: true, force: true });
});

const configOf = (access = `api_keys_directory: ${folder}`): Config =>
  parseConfig(
    `environment: t
clusters: { a: { burrow: { external: { servers: ["http://burrow:1"] } } } }
elasticsearch: { external: { url: "${fake.url}", ${access} } }`,
    "t.yaml",
  );

/** A key that ends in so many days, in the file of the program. */
function give(program: string, days: number | undefined): void {
  const key = {
    id: `id-of-${program}-key-${fake.keys.length}`,
    secret: "fake-secret",
    name: `lagline-t-${program}`,
    creation: Date.now(),
    expiration: days === undefined ? undefined : Date.now() + days * DAY_MS + 60_000,
    metadata: {},
    invalidated: false,
  };
  fake.keys.push(key);
  writeFileSync(
    join(folder, "t", `${program}-api-key`),
    Buffer.from(`${key.id}:${key.secret}`).toString("base64"),
  );
}

const look = (config = configOf(), nowMs = Date.now()): Promise<readonly Observation[]> =>
  lookAtApiKeys(config, { nowMs, signal: AbortSignal.timeout(5000) });

test("a missing key is told with the command that makes it, and one that ends soon with the one that rotates it", async () => {
  for (const [program, days] of [
    ["collector", 12],
    ["reader", 400],
    ["grafana", undefined],
  ] as const) {
    give(program, days);
  }
  const found = await look();
  expect(found).toMatchObject([
    {
      outcome: "warning",
      evidence: expect.stringContaining("no API key of the setup"),
      fix: "lagline keys create setup",
    },
    {
      outcome: "warning",
      evidence: expect.stringMatching(/lagline-t-collector, id-of-collector-key-0\) ends in 12 days, on /),
      fix: expect.stringContaining("`lagline keys rotate collector`"),
    },
  ]);
});

test("one that has ended is broken, because nobody is let in with it", async () => {
  for (const program of ["collector", "setup", "reader", "grafana"]) give(program, 2);
  const found = await look(configOf(), Date.now() + 3 * DAY_MS);
  expect(found.map(({ outcome }) => outcome)).toEqual(["broken", "broken", "broken", "broken"]);
});

test("keys that last are right, those without an end need no word, and a down Elasticsearch is told elsewhere", async () => {
  for (const program of ["collector", "setup", "reader", "grafana"]) give(program, undefined);
  expect(await look()).toEqual([]);
  give("reader", 90);
  expect(await look()).toMatchObject([
    { outcome: "ok", evidence: expect.stringContaining("ends in 90 days") },
  ]);
  await fake.stop();
  expect(await look()).toEqual([]);
});

test("where passwords let in, there is nothing to look at", async () => {
  expect(await look(configOf(`bearer_token_file: ${folder}/token`))).toEqual([]);
});

test("the collector tells of its own key, with a gauge and a sentence", async () => {
  give("collector", 12);
  const seen: (readonly [string, number])[] = [];
  const said: string[] = [];
  await createCertificateLook({
    sources: elasticsearchKeys(configOf(), "collector"),
    warningDays: 30,
    now: Date.now,
    events: {
      certificateSeen: (of, endsMs) => seen.push([of, Math.round((endsMs - Date.now()) / DAY_MS)]),
      certificateEnds: (sentence) => said.push(sentence),
    },
  })(AbortSignal.timeout(5000));
  expect(seen).toEqual([["elasticsearch.api_key_file (collector)", 12]]);
  expect(said).toEqual([
    expect.stringMatching(/^The API key in .* ends in 12 days, on .*keys rotate collector/),
  ]);
});
