import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/load.ts";
import { listSecrets } from "../../scripts/secrets/secrets.ts";
import { RELAYED_YAML } from "../../tests/support/synthesise.ts";
import { relayConfig, relaySecrets, relayTarget } from "./relay-files.ts";

const config = parseConfig(RELAYED_YAML, "t.yaml");

describe("the relay's configuration inside its container", () => {
  const text = relayConfig(config);
  const inside = parseConfig(text, "inside.yaml");

  it("is whole, and every secret in it is a file that is mounted", () => {
    const mounted = relaySecrets(config).map(({ name }) => `/run/secrets/${name}`);
    const named = [...text.matchAll(/"(\/run\/secrets\/[^"]+)"/g)].map(([, path]) => path);
    expect(named.length).toBeGreaterThan(5);
    for (const path of named) expect(mounted).toContain(path);
    expect(text).not.toContain("secrets/hook");
  });

  it("listens on the container's network, keeps its files on the volume, and reads with rights to read", () => {
    expect(inside.alerts.relay).toMatchObject({ address: "0.0.0.0", directory: "/var/lib/lagline/relay" });
    expect(inside.elasticsearch.external).toMatchObject({ username: "lagline-relay" });
    expect(Object.keys(inside.clusters)).toEqual(["shop"]);
    expect(inside.alerts.slack).toMatchObject({ delivery: "relay", channel: "lag" });
  });
});

it("every secret of the relay is staged, and only its token and passwords are made up", () => {
  const staged = listSecrets(config);
  for (const { name } of relaySecrets(config)) expect(staged.map((secret) => secret.name)).toContain(name);
  expect(staged.filter(({ generated }) => generated).map(({ name }) => name)).toEqual([
    "grafana-admin-password",
    "relay-token",
  ]);
});

it("Grafana posts to the relay of the deployment, to this host, or where it is told", () => {
  expect(relayTarget(config).url).toBe("http://relay:8090/grafana");
  const elsewhere = RELAYED_YAML.replace("grafana: { managed: {} }", "grafana: { files: {} }");
  expect(relayTarget(parseConfig(elsewhere, "t.yaml")).url).toBe("http://127.0.0.1:8090/grafana");
  const named = `${elsewhere}  relay: { url: "https://relay.example.org/lag/" }\n`;
  expect(relayTarget(parseConfig(named, "t.yaml")).url).toBe("https://relay.example.org/lag/grafana");
});
