import { expect, test } from "vitest";
import type { OwnContainer } from "../deploy/docker.ts";
import { judgeContainer, judgeReadiness } from "./container.ts";

const container: OwnContainer = {
  name: "c",
  state: "running",
  health: "healthy",
  exitCode: 0,
  memoryBytes: 0,
  hostPorts: [],
};

test.each<[string, OwnContainer | undefined, string]>([
  ["runs", container, "ok"],
  ["is missing", undefined, "broken"],
  ["has ended", { ...container, state: "exited", exitCode: 2 }, "broken"],
  ["is unhealthy", { ...container, health: "unhealthy" }, "broken"],
])("a container that %s is %s", (_name, found, outcome) => {
  expect(judgeContainer("c", found)).toMatchObject({ check: "container", outcome });
});

test("a collector that Docker gave up, because Burrow did not run at that moment, is told from one that ended", () => {
  const error = "cannot join network of a non running container: 1aefc0a3afa0";
  expect(judgeContainer("c", { ...container, state: "exited", exitCode: 1, error })).toEqual({
    check: "container",
    outcome: "broken",
    evidence: `The container c is exited (exit code 1), and Docker could not start it: ${error}.`,
    fix: expect.stringMatching(/^scripts\/up starts it again\. .*shared-network/),
  });
});

test("a collector that is not ready breaks readiness with its own reasons", () => {
  const text = JSON.stringify({ ok: false, reasons: ["No tick was whole yet."] });
  expect(judgeReadiness({ kind: "answer", status: 503, text })).toMatchObject({
    outcome: "broken",
    evidence: "No tick was whole yet.",
  });
  expect(judgeReadiness({ kind: "none", reason: "ECONNREFUSED" })).toMatchObject({ outcome: "broken" });
  expect(judgeReadiness({ kind: "answer", status: 200, text: "<html>" })).toMatchObject({
    outcome: "broken",
  });
  expect(judgeReadiness({ kind: "answer", status: 200, text: '{"ok":true,"reasons":[]}' })).toMatchObject({
    outcome: "ok",
  });
});
