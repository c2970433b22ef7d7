/** Where the keys of `api_keys_directory` go once they are made: commands, containers, Grafana. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clientSettings } from "../../collectors/elasticsearch/connection.ts";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { elasticsearchInside } from "../../stacks/files/collector-files.ts";
import { grafanaRenderOptions } from "../../stacks/files/grafana-files.ts";
import { deploymentDirectories } from "../deploy/directories.ts";
import { initialiseSecrets, listSecrets } from "../secrets/secrets.ts";
import { deliverKeys } from "./run.ts";

let folder = "";
let config: Config;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lagline-keys-delivery-"));
  config = parseConfig(
    `environment: t
clusters: { a: { burrow: { external: { servers: ["http://burrow:1"] } } } }
elasticsearch: { external: { url: "https://search:9200", api_keys_directory: ${folder}/keys } }
grafana: { managed: { admin_password_file: ${folder}/admin } }
deployment: { directory: ${folder}/deployment }`,
    "t.yaml",
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (program: string): string => join(folder, "keys", "t", `${program}-api-key`);

test("each program on this host uses its own", () => {
  for (const program of ["collector", "setup", "reader"] as const) {
    expect(clientSettings(config, program).files.apiKeyFile).toBe(file(program));
  }
});

test("each container gets its own and no other's, as a file", () => {
  for (const program of ["collector", "setup"] as const) {
    expect(elasticsearchInside(config, program).external).toMatchObject({
      api_key_file: `/run/secrets/elasticsearch-${program}-api-key`,
    });
  }
  const { elasticsearch } = grafanaRenderOptions(config, new Map());
  expect(elasticsearch).toMatchObject({ apiKeyFile: "/run/secrets/grafana-elasticsearch-api-key" });
  const staged = listSecrets(config).filter((secret) => secret.file.startsWith(join(folder, "keys")));
  expect(Object.fromEntries(staged.map((secret) => [secret.name, secret.file]))).toEqual({
    "elasticsearch-collector-api-key": file("collector"),
    "elasticsearch-setup-api-key": file("setup"),
    "grafana-elasticsearch-api-key": file("grafana"),
  });
});

test("a missing one is said with the command that makes it", () => {
  expect(initialiseSecrets(config).join("\n")).toContain(
    `${file("collector")} is missing; \`lagline keys create\` makes it.`,
  );
});

test("new keys reach what is deployed on this host, and nothing is staged where nothing is", async () => {
  const said: string[] = [];
  const deliver = () =>
    deliverKeys(config, { signal: AbortSignal.timeout(5000), log: (sentence) => said.push(sentence) });
  mkdirSync(join(folder, "keys", "t"), { recursive: true });
  for (const program of ["collector", "setup", "grafana"]) {
    writeFileSync(file(program), `first-${program}\n`, { mode: 0o600 });
  }
  writeFileSync(join(folder, "admin"), "admin-password\n", { mode: 0o600 });
  await deliver();
  const { secrets } = deploymentDirectories(config);
  expect(said).toEqual([]);
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  // Grafana does not run here, which is the last thing that is found out.
  await expect(deliver()).rejects.toThrow("Grafana did not read its data source again");
  writeFileSync(file("collector"), "second-collector\n", { mode: 0o600 });
  await deliver();
  expect(readFileSync(join(secrets, "elasticsearch-collector-api-key"), "utf8")).toBe("second-collector\n");
  expect(said).toHaveLength(2);
});
