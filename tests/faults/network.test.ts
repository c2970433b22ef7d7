/**
 * Names that do not resolve and packets that vanish, in a network of the test's own. Refused and silent servers take the
 * same path in the collector, but not in the kernel: kept connections stay open, and what was sent arrives later.
 */
import { expect, test } from "vitest";
import { isRequired } from "./support/bounds.ts";
import type { SceneReport } from "./support/own-network.ts";
import { canMakeNetworks, playInOwnNetwork } from "./support/own-network.ts";
import { CLEAN } from "./support/reconcile.ts";

const possible = canMakeNetworks();
/** A scene starts a process and waits out several deadlines. */
const SCENE_MS = 90_000;
const TIMES = { timeout: SCENE_MS + 30_000 };

test("a network of one's own can be made, or that is said", () => {
  process.stderr.write(
    possible
      ? ""
      : "SKIPPED 6 tests: a network of one's own needs root and iptables, lost packets are not tried.\n",
  );
  expect(possible || !isRequired("network")).toBe(true);
});

/** Everything that was read is stored once, and every reading of the metrics added up. */
function expectWhole(report: SceneReport): void {
  expect(report.reconciliation).toEqual(CLEAN);
  expect(report).toMatchObject({ waiting: 0, deadLettered: 0, lost: 0, auditFaults: [] });
  expect(report.read).toBeGreaterThan(50);
}

test.runIf(possible)(
  "Elasticsearch's name: no name server, an unknown name, a silent server, then an address: all is delivered",
  TIMES,
  async () => {
    const report = await playInOwnNetwork("elasticsearch-by-name", SCENE_MS);
    expectWhole(report);
    expect(report.refusals).toEqual([
      expect.stringContaining(
        "(no name server answers for its name: getaddrinfo EAI_AGAIN search.lagline.test)",
      ),
      expect.stringContaining(
        "(its name is unknown to the name server: getaddrinfo ENOTFOUND search.lagline.test)",
      ),
      expect.stringContaining("EAI_AGAIN"),
    ]);
    expect(report).toMatchObject({ recoveries: 1, duplicate: 0 });
  },
);

test.runIf(possible)(
  "Burrow's name: each tick without it has a reason, none waits for long, and the next good one is read",
  TIMES,
  async () => {
    const report = await playInOwnNetwork("burrow-by-name", SCENE_MS);
    expectWhole(report);
    expect(report.failures).toEqual([
      expect.stringContaining("could not be read (no name server answers for its name: EAI_AGAIN)"),
      expect.stringContaining("could not be read (its name is unknown to the name server: ENOTFOUND)"),
      expect.stringContaining("EAI_AGAIN"),
    ]);
    expect(report.notes["silent_tick_ms"]).toBeLessThan(10_000);
  },
);

test.runIf(possible)(
  "requests to Elasticsearch vanish on kept connections: nothing is lost or doubled, although some arrive later",
  TIMES,
  async () => {
    const report = await playInOwnNetwork("dropped-requests", SCENE_MS);
    expectWhole(report);
    expect(report.refusals).toEqual([expect.stringContaining("did not answer within 1.5 s")]);
    expect(report.recoveries).toBe(1);
  },
);

test.runIf(possible)(
  "answers of Elasticsearch vanish: what was stored comes again, and is there once",
  TIMES,
  async () => {
    const report = await playInOwnNetwork("dropped-answers", SCENE_MS);
    expectWhole(report);
    expect(report.duplicate).toBeGreaterThan(0);
    expect(report.refusals).toEqual([expect.stringContaining("did not answer within 1.5 s")]);
  },
);

test.runIf(possible)(
  "answers of Burrow vanish: the tick ends at its deadline and the next is whole",
  TIMES,
  async () => {
    const report = await playInOwnNetwork("dropped-burrow", SCENE_MS);
    expectWhole(report);
    expect(report.failures).toEqual([expect.stringContaining("did not answer within 1.5 s")]);
    expect(report.notes["dropped_tick_ms"]).toBeLessThan(15_000);
  },
);

test.runIf(possible)(
  "every third packet vanishes, everywhere: slow, and every document once",
  TIMES,
  async () => {
    const report = await playInOwnNetwork("lossy-network", SCENE_MS);
    expectWhole(report);
    expect(report.notes["dropped_packets"]).toBeGreaterThan(50);
  },
);
