/** What happens to what is deployed when lagline.yaml names it no more. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "../config/load.ts";
import { DEMO_YAML, synthesise } from "../tests/support/synthesise.ts";
import { NOTHING_DEPLOYED, readDeployed } from "./deployed.ts";
import type { Deployed } from "./deployed.ts";

const MOVED: Deployed = {
  stacks: ["demo-shop", "kafka-shop", "kafka-old", "monitor-old", "grafana", "storage"],
  volumes: ["kafka-shop-1", "kafka-old-1", "collector-old"],
};
const storageOf = (deployed: Deployed, purge = false) =>
  synthesise(DEMO_YAML, { deployed, purge }).stacks.get("storage");

describe("a volume that lagline.yaml names no more", () => {
  it("is forgotten, not destroyed", () => {
    expect(storageOf(MOVED)).toMatchObject({
      removed: [
        { from: "docker_volume.kafka-old-1", lifecycle: { destroy: false } },
        { from: "docker_volume.collector-old", lifecycle: { destroy: false } },
      ],
    });
    expect(storageOf(NOTHING_DEPLOYED)).not.toHaveProperty("removed");
  });

  it("goes with a purge, like all others", () => {
    expect(storageOf(MOVED, true)).not.toHaveProperty("removed");
  });
});

describe("a stack that lagline.yaml names no more", () => {
  const { stacks, dependencies } = synthesise(DEMO_YAML, { deployed: MOVED });

  it("is deployed without resources, so that what it has is removed", () => {
    for (const name of ["kafka-old", "monitor-old"]) {
      const { resource, terraform, ...rest } = stacks.get(name) ?? {};
      expect(resource).toBeUndefined();
      expect(terraform?.backend).toMatchObject({
        local: { path: expect.stringMatching(`/${name}.tfstate$`) },
      });
      expect(rest).toHaveProperty("provider.docker");
    }
  });

  it("goes before others come, which may want its ports and names", () => {
    const others = [...stacks.keys()].filter((name) => !name.endsWith("-old"));
    expect(others.length).toBeGreaterThan(4);
    for (const name of others) {
      expect(dependencies.get(name)).toEqual(expect.arrayContaining(["kafka-old", "monitor-old"]));
    }
    expect([dependencies.get("kafka-old"), dependencies.get("monitor-old")]).toEqual([[], []]);
  });

  it("is not one that only waits for an image", () => {
    const { images, ...left } = {
      images: { collector: "c:1", kafka: "k:1", burrow: "b:1", elasticsearch: "e:1" },
    };
    expect(left).toEqual({});
    expect(synthesise(DEMO_YAML, { deployed: MOVED, images }).stacks.has("grafana")).toBe(false);
  });
});

describe("what is deployed", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "lagline-state-"));
    mkdirSync(join(directory, "test"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });
  const read = (state = "") =>
    readDeployed(
      parseConfig(`${DEMO_YAML}deployment: { state: { directory: ${directory}${state} } }\n`, "test.yaml"),
    );
  const write = (file: string, text: string): void => writeFileSync(join(directory, "test", file), text);
  const stateOf = (...resources: readonly [mode: string, type: string, name: string][]): string =>
    JSON.stringify({ version: 4, resources: resources.map(([mode, type, name]) => ({ mode, type, name })) });

  it("that cannot be read stops the synthesis, because going on could destroy it", () => {
    write("storage.tfstate", '{"version": 4,');
    expect(() => read()).toThrow(/storage\.tfstate is not a state file of Terraform/);
  });

  it("is nothing before the first deployment, and nothing that is known with a state elsewhere", () => {
    rmSync(join(directory, "test"), { recursive: true });
    expect(read()).toEqual(NOTHING_DEPLOYED);
    mkdirSync(join(directory, "test"));
    write("kafka-old.tfstate", stateOf(["managed", "docker_container", "a"]));
    expect(read(", type: http, settings: { address: http://127.0.0.1:1/state }")).toEqual(NOTHING_DEPLOYED);
  });

  it("are stacks with resources and the volumes in them", () => {
    write(
      "storage.tfstate",
      stateOf(["managed", "docker_volume", "kafka-old-1"], ["data", "docker_volume", "x"]),
    );
    write("storage.tfstate.backup", "anything");
    write("gone.tfstate", stateOf());
    write("kafka-old.tfstate", stateOf(["managed", "docker_container", "broker"]));
    expect(read()).toEqual({ stacks: ["kafka-old", "storage"], volumes: ["kafka-old-1"] });
  });
});
