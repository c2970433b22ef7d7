import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/load.ts";
import type { FakeBurrow } from "../../tests/fakes/fake-burrow.ts";
import { startFakeBurrow } from "../../tests/fakes/fake-burrow.ts";
import { startJsonServer } from "../../tests/fakes/json-server.ts";
import { firstBroken } from "./finding.ts";
import { walkChain } from "./walk.ts";

let burrow: FakeBurrow;
let directory: string;
beforeEach(async () => {
  burrow = await startFakeBurrow();
  burrow.setCluster("shop", { groups: new Map([["billing", []]]) });
  directory = mkdtempSync(join(tmpdir(), "lagline-doctor-"));
});
afterEach(async () => {
  await burrow.close();
  rmSync(directory, { recursive: true, force: true });
});

const config = (lines: readonly string[] = []) =>
  parseConfig(
    [
      "environment: doctor-test",
      `clusters: { shop: { burrow: { external: { servers: ["${burrow.url}"] } } } }`,
      'elasticsearch: { external: { url: "http://127.0.0.1:1" } }',
      ...lines,
    ].join("\n"),
    "lagline.yaml",
  );
const walk = (lines?: readonly string[]) =>
  walkChain(config(lines), { sendTest: false, signal: AbortSignal.timeout(20_000) });

test("with external parts only, each is looked at where it is, and the rest is said to be skipped", async () => {
  const findings = await walk();
  const places = findings.map(({ link, check, outcome }) => `${link} ${check} ${outcome}`);
  expect(places).toContain("kafka reachable skipped");
  expect(places).toContain("burrow ready ok");
  expect(places).toContain("collector data-age skipped");
  expect(places).toContain("slack webhook skipped");
  expect(firstBroken(findings)).toMatchObject({ link: "elasticsearch", check: "reachable" });
});

test("a password file that cannot be read is a finding of its link, not an end of the walk", async () => {
  const findings = await walk([`alerts: { slack: { webhook_file: "${join(directory, "none")}" } }`]);
  expect(findings.find(({ check }) => check === "webhook-file")).toMatchObject({
    link: "slack",
    outcome: "broken",
  });
});

test("a managed Elasticsearch that was never deployed is to be deployed, not to be given files", async () => {
  const managed = parseConfig(
    [
      "environment: doctor-test",
      `clusters: { shop: { burrow: { external: { servers: ["${burrow.url}"] } } } }`,
      `elasticsearch: { managed: { security: { directory: "${join(directory, "none")}" } } }`,
    ].join("\n"),
    "lagline.yaml",
  );
  const findings = await walkChain(managed, { sendTest: false, signal: AbortSignal.timeout(20_000) });
  expect(findings.find(({ link }) => link === "elasticsearch")).toMatchObject({
    check: "reachable",
    outcome: "broken",
    fix: expect.stringContaining("scripts/up"),
  });
});

test("without the relay in lagline.yaml its link is said to be none", async () => {
  const relay = (await walk()).filter(({ link }) => link === "relay");
  expect(relay).toMatchObject([
    { outcome: "skipped", evidence: expect.stringContaining("there is no relay") },
  ]);
});

const RELAY = (settings: string) => [
  `alerts: { slack: { webhook_file: "${join(directory, "none")}", delivery: relay }, relay: { token_file: "${join(directory, "token")}", ${settings} } }`,
];

test("a relay that must be at an address and is not there breaks its link", async () => {
  const relay = (await walk(RELAY('url: "http://127.0.0.1:1"'))).filter(({ link }) => link === "relay");
  expect(relay).toContainEqual(expect.objectContaining({ check: "readiness", outcome: "broken" }));
  expect(relay).toContainEqual(expect.objectContaining({ check: "token", outcome: "broken" }));
});

test("where nothing is deployed a relay that does not answer is not called broken", async () => {
  const relay = (await walk(RELAY("port: 1"))).filter(({ link }) => link === "relay");
  expect(relay).toMatchObject([{ check: "container", outcome: "skipped" }]);
});

test("a relay that runs as a process is looked at by its port", async () => {
  const other = await startJsonServer({ "GET /readyz": { body: { ok: true, reasons: [] } } });
  try {
    const findings = await walk(RELAY(`port: ${new URL(other.url).port}`));
    expect(findings).toContainEqual(
      expect.objectContaining({ link: "relay", check: "readiness", outcome: "ok" }),
    );
  } finally {
    await other.stop();
  }
});
