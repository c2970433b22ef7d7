import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/load.ts";
import type { FakeBurrow } from "../../tests/fakes/fake-burrow.ts";
import { startFakeBurrow } from "../../tests/fakes/fake-burrow.ts";
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
