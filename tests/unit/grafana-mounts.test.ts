/** The provisioning files, where the stack mounts them, and where Grafana looks for them: three places that must agree. */
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { parseConfig } from "../../config/load.ts";
import { renderAll } from "../../scripts/render.ts";
import { DEMO_YAML, synthesise } from "../support/synthesise.ts";

const volumes = z.array(
  z.looseObject({
    container_path: z.string(),
    host_path: z.string().optional(),
    read_only: z.boolean().optional(),
  }),
);
const grafana = synthesise(DEMO_YAML).containers.find(({ stack }) => stack === "grafana");
const FOLDER = /grafana\/(?:provisioning|dashboards)(?=")/;
const mounts = volumes.parse(grafana?.["volumes"]);
const environment = z.array(z.string()).parse(grafana?.["env"]);
const files = await renderAll(parseConfig(DEMO_YAML, "test.yaml"));
const names = [...files.keys()].filter((name) => name.startsWith("grafana/"));

/** The path inside the container of a rendered file, by the mounts of the stack. */
function inContainer(file: string): string {
  for (const { host_path: host = "", container_path: path } of mounts) {
    const folder = FOLDER.exec(host)?.[0];
    if (folder !== undefined && file.startsWith(`${folder}/`)) return file.replace(folder, path);
  }
  throw new Error(`${file} is mounted nowhere.`);
}

describe("Grafana's files", () => {
  test("are all mounted, read-only", () => {
    expect(names.length).toBeGreaterThan(10);
    expect(names.map(inContainer).filter((path) => !path.startsWith("/etc/"))).toEqual([]);
    expect(
      mounts.filter(({ container_path: path, read_only: only }) => path.startsWith("/etc/") && only !== true),
    ).toEqual([]);
  });

  test("of provisioning lie where Grafana is told to look, each kind in the folder of its name, flat", () => {
    expect(environment).toContain("GF_PATHS_PROVISIONING=/etc/grafana/provisioning");
    const provisioning = names.filter((name) => name.includes("/provisioning/")).map(inContainer);
    const strange = provisioning.filter(
      (path) =>
        !/^\/etc\/grafana\/provisioning\/(?:datasources|dashboards|alerting)\/[\w-]+\.yaml$/.test(path),
    );
    expect(strange).toEqual([]);
  });

  test("with pages lie where the provider looks, and hold one page each", () => {
    const provider = parse(files.get("grafana/provisioning/dashboards/lagline.yaml") ?? "");
    const path: unknown = provider.providers[0].options.path;
    const pages = names.filter((name) => name.startsWith("grafana/dashboards/"));
    expect(pages.map((name) => inContainer(name).replace(/\/[^/]+$/, ""))).toEqual(pages.map(() => path));
    expect(pages.map((name) => `grafana/dashboards/${JSON.parse(files.get(name) ?? "").uid}.json`)).toEqual(
      pages,
    );
  });

  test("name one data source, and it is the one that pages and rules use", () => {
    const { datasources } = parse(files.get("grafana/provisioning/datasources/lagline.yaml") ?? "");
    expect(datasources).toMatchObject([
      { uid: "lagline", type: "elasticsearch", editable: false, jsonData: { timeField: "@timestamp" } },
    ]);
    expect(datasources[0].jsonData.index).not.toBe("");
    const secrets = [
      ...(files.get("grafana/provisioning/datasources/lagline.yaml") ?? "").matchAll(/\$__file\{([^}]+)\}/g),
    ];
    // What a file reads inside the container is mounted there.
    const mounted = new Set(mounts.map(({ container_path: path }) => path));
    expect(secrets.map(([, path]) => path).filter((path) => !mounted.has(path ?? ""))).toEqual([]);
    const fleet = JSON.parse(files.get("grafana/dashboards/lagline-fleet.json") ?? "");
    const variable = fleet.templating.list.find(({ type }: { type: string }) => type === "datasource");
    expect(variable.current.value).toBe("lagline");
  });
});
