import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/load.ts";
import type { JsonServer } from "../../tests/fakes/json-server.ts";
import { startJsonServer } from "../../tests/fakes/json-server.ts";
import { expectedGrafana } from "./expected-grafana.ts";
import type { Observation } from "./finding.ts";
import type { GrafanaLook } from "./grafana.ts";
import { lookAtGrafana } from "./grafana.ts";

let directory: string;
let passwordFile: string;
let grafana: JsonServer;
const expected = { dashboardUids: ["fleet", "group"], ruleUids: ["late"], datasourceUids: ["documents"] };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "lagline-doctor-"));
  passwordFile = join(directory, "password");
  writeFileSync(passwordFile, "any\n");
  grafana = await startJsonServer({
    "GET /api/health": { body: { database: "ok", version: "13.2.3" } },
    "GET /api/search": { body: [{ uid: "fleet" }, { uid: "group" }, { uid: "somebody-elses" }] },
    "GET /api/v1/provisioning/alert-rules": { body: [{ uid: "late" }] },
    "GET /api/datasources/uid/documents/health": { body: { status: "OK", message: "fine" } },
  });
});
afterEach(async () => {
  await grafana.stop();
  rmSync(directory, { recursive: true, force: true });
});

const look = (over: Partial<GrafanaLook> = {}) =>
  lookAtGrafana({
    url: grafana.url,
    passwordFile,
    expected: async () => expected,
    signal: AbortSignal.timeout(5000),
    ...over,
  });
const outcomes = (found: readonly Observation[]): Record<string, string> =>
  Object.fromEntries(found.map(({ check, outcome }) => [check, outcome]));
const RIGHT = { health: "ok", dashboards: "ok", "alert-rules": "ok", "data-source": "ok" };

test("nothing is wrong with a Grafana that has all files", async () => {
  expect(outcomes(await look())).toEqual(RIGHT);
});

test("a Grafana that does not run breaks health", async () => {
  const unwanted = async () => {
    throw new Error("Nothing is rendered for a Grafana that cannot be asked.");
  };
  expect(outcomes(await look({ url: "http://127.0.0.1:1", expected: unwanted }))).toEqual({
    health: "broken",
  });
});

test("a page that is no Grafana breaks health", async () => {
  grafana.set("GET /api/health", { body: "<html>" });
  expect(outcomes(await look())).toEqual({ health: "broken" });
});

test("a database that fails breaks health", async () => {
  grafana.set("GET /api/health", { body: { database: "failing", version: "13.2.3" } });
  expect(outcomes(await look())).toEqual({ health: "broken" });
});

test("an old Grafana is a warning", async () => {
  grafana.set("GET /api/health", { body: { database: "ok", version: "9.4.0" } });
  expect(outcomes(await look())).toEqual({ ...RIGHT, health: "warning" });
});

test("a missing page breaks dashboards and is named", async () => {
  grafana.set("GET /api/search", { body: [{ uid: "fleet" }] });
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, dashboards: "broken" });
  expect(found[1]?.evidence).toBe("Grafana lacks 1 of 2 dashboards: group.");
});

test("a missing rule breaks alert-rules", async () => {
  grafana.set("GET /api/v1/provisioning/alert-rules", { body: [] });
  expect(outcomes(await look())).toEqual({ ...RIGHT, "alert-rules": "broken" });
});

test("a refused password breaks both lists and names the file's setting", async () => {
  grafana.set("GET /api/search", { status: 401, body: { message: "Invalid username or password" } });
  const found = await look();
  expect(found[1]).toMatchObject({ outcome: "broken", fix: expect.stringContaining("admin_password_file") });
});

test.each([
  ["fails", { status: 400, body: { status: "ERROR", message: "connection refused" } }, "broken"],
  ["is missing", { status: 404, body: { message: "Data source not found" } }, "broken"],
  ["cannot be tested by this version", { status: 404, body: { message: "Not implemented" } }, "skipped"],
])("a data source that %s gives %s", async (_name, answer, outcome) => {
  grafana.set("GET /api/datasources/uid/documents/health", answer);
  expect(outcomes(await look())).toEqual({ ...RIGHT, "data-source": outcome });
});

test("without a password only the health is looked at", async () => {
  expect(outcomes(await look({ passwordFile: undefined }))).toEqual({ health: "ok", provisioned: "skipped" });
});

test("what must be there is taken from the files that are provisioned", async () => {
  const config = parseConfig(
    "environment: prod\nclusters: { a: { burrow: { external: { servers: ['http://127.0.0.1:8000'] } } } }\nelasticsearch: { external: { url: 'http://127.0.0.1:9200' } }\n",
    "lagline.yaml",
  );
  const { dashboardUids, ruleUids, datasourceUids } = await expectedGrafana(config);
  expect(dashboardUids).toContain("lagline-group");
  expect(ruleUids.length).toBeGreaterThan(5);
  expect(datasourceUids).toHaveLength(1);
});
