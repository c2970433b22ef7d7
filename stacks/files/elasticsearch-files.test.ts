/** The files of a secured Elasticsearch, and the script in its container, run in a real bash on folders of its own. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../config/load.ts";
import { ACCESS_ROLES, ACCESS_USER_NAMES } from "../../model/access.ts";
import { DEMO_YAML, LARGE_YAML, synthesise } from "../../tests/support/synthesise.ts";
import { elasticsearchFiles } from "./elasticsearch-files.ts";

const OFF = DEMO_YAML.replace(
  "elasticsearch: { managed: {} }",
  "elasticsearch: { managed: { security: { enabled: false } } }",
);
const files = elasticsearchFiles(parseConfig(DEMO_YAML, "t.yaml"));
const fileOf = (name: string): string => files.get(`elasticsearch/${name}`) ?? "";

/** Last part of what is mounted, and where. */
function mountsOf(container: Readonly<Record<string, unknown>>): { source: string; target: string }[] {
  const volumes = container["volumes"] as { host_path?: string; container_path: string }[];
  return volumes.map(({ host_path: path = "", container_path: target }) => ({
    source: /([^/"]+)"\)\}$/.exec(path)?.[1] ?? path,
    target,
  }));
}

describe("roles", () => {
  it("let the collector add and nothing else, and keep readers from writing", () => {
    expect(ACCESS_ROLES.collector.cluster).toEqual([]);
    expect([...ACCESS_ROLES.collector.indices].toSorted()).toEqual(["auto_configure", "create_doc"]);
    for (const { cluster, indices } of [ACCESS_ROLES.reader]) {
      expect([...cluster, ...indices].join(" ")).not.toMatch(/write|create|delete|manage|all/);
    }
    expect(ACCESS_ROLES.setup.indices).not.toContain("read");
    const { cluster, indices } = ACCESS_ROLES.retention;
    expect([...cluster, ...indices].join(" ")).not.toMatch(
      /(^| )(read|write|create\w*|manage\w*|all|monitor)( |$)/,
    );
    expect([...ACCESS_ROLES.setup.cluster].join(" ")).not.toMatch(/security|api_key|^all$/);
  });

  it("stand at column 0 of a file that YAML reads, for the environment's own indices only", () => {
    const text = fileOf("roles.yml");
    expect(
      text
        .trim()
        .split("\n")
        .every((line) => /^lagline_\w+: \{/.test(line)),
    ).toBe(true);
    const roles = parse(text) as Record<string, { indices: { names: string[] }[] }>;
    expect(Object.keys(roles)).toEqual([
      "lagline_collector",
      "lagline_setup",
      "lagline_retention",
      "lagline_reader",
    ]);
    for (const { indices } of Object.values(roles)) {
      expect(indices.map(({ names }) => names)).toEqual([["metrics-kafka.consumer_lag-test"]]);
    }
  });

  it("are given to every user once", () => {
    const given = fileOf("users_roles")
      .trim()
      .split("\n")
      .flatMap((line) => line.slice(line.indexOf(":") + 1).split(","));
    expect(given.toSorted()).toEqual(ACCESS_USER_NAMES.map((user) => `lagline-${user}`).toSorted());
  });
});

describe("containers of a secured Elasticsearch", () => {
  const large = synthesise(LARGE_YAML);
  const nodes = large.containers.filter(({ name }) => /elasticsearch-\d$/.test(name));

  it("get users, the authority and their own key, each node its own, and no password", () => {
    expect(nodes).toHaveLength(3);
    nodes.forEach((node, index) => {
      const mounted = mountsOf(node).filter(({ target }) => target.startsWith("/run/secrets/"));
      expect(mounted).toEqual([
        { source: "elasticsearch-users", target: "/run/secrets/elasticsearch-users" },
        { source: "elasticsearch-ca", target: "/run/secrets/elasticsearch-ca" },
        { source: `elasticsearch-node-${index + 1}`, target: "/run/secrets/elasticsearch-node" },
      ]);
    });
  });

  it("let nobody in but by these files, and nothing through without TLS", () => {
    for (const node of nodes) {
      const command = (node["command"] as string[]).join("\n");
      for (const setting of [
        "xpack.security.enabled=true",
        "xpack.security.authc.reserved_realm.enabled=false",
        "xpack.security.authc.realms.native.native1.enabled=false",
        "xpack.security.http.ssl.enabled=true",
        "xpack.security.transport.ssl.enabled=true",
        "xpack.security.transport.ssl.client_authentication=required",
      ]) {
        expect(command).toContain(`-E${setting}\n`);
      }
      expect(command).not.toMatch(/verification_mode=none|anonymous/);
    }
  });

  it("give the setup step, the collector and Grafana each a password of their own", () => {
    const passwordsOf = (wanted: string): string[] =>
      large.containers
        .filter(({ name }) => name === wanted)
        .flatMap(mountsOf)
        .map(({ target }) => target)
        .filter((target) => /elasticsearch.*password/.test(target));
    expect(passwordsOf("lagline-large-setup")).toEqual(["/run/secrets/elasticsearch-setup-password"]);
    expect(passwordsOf("lagline-large-collector-orders")).toEqual([
      "/run/secrets/elasticsearch-collector-password",
    ]);
    expect(passwordsOf("lagline-large-grafana")).toEqual(["/run/secrets/grafana-elasticsearch-password"]);
  });

  it("are as before where security is switched off", () => {
    const { containers } = synthesise(OFF);
    const node = containers.find(({ name }) => name === "lagline-test-elasticsearch-1");
    expect(JSON.stringify(node)).toContain("xpack.security.enabled=false");
    expect(JSON.stringify(containers)).not.toContain("/run/secrets/elasticsearch");
    expect(elasticsearchFiles(parseConfig(OFF, "t.yaml")).size).toBe(0);
  });
});

describe("the start script", () => {
  let root = "";
  let child: ChildProcess | undefined;
  const at = (...parts: readonly string[]): string => join(root, ...parts);
  const bundle = (mark: string): string =>
    `-----BEGIN PRIVATE KEY-----\nkey ${mark}\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\ncertificate ${mark}\n-----END CERTIFICATE-----\n`;
  const authority = (mark: string): string =>
    `-----BEGIN CERTIFICATE-----\nauthority ${mark}\n-----END CERTIFICATE-----\n`;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "lagline-start-"));
    for (const folder of ["secrets", "etc", "image/config", "image/bin"])
      mkdirSync(at(folder), { recursive: true });
    writeFileSync(at("image/bin/elasticsearch"), '#!/bin/bash\necho "started $*"\nexec sleep 60\n', {
      mode: 0o755,
    });
    writeFileSync(at("image/config/elasticsearch.yml"), "");
    writeFileSync(at("secrets/elasticsearch-ca"), authority("1"));
    writeFileSync(at("secrets/elasticsearch-node"), bundle("1"));
    writeFileSync(at("secrets/elasticsearch-users"), "lagline-reader:{PBKDF2}1000$AAAA=$AAAA=\n");
    writeFileSync(at("etc/users_roles"), fileOf("users_roles"));
    writeFileSync(at("etc/roles.yml"), fileOf("roles.yml"));
    const script = fileOf("start.sh")
      .replaceAll("/run/secrets", at("secrets"))
      .replaceAll("/etc/lagline", at("etc"))
      .replaceAll("/usr/share/elasticsearch", at("image"))
      .replace("sleep 5", "sleep 0.1");
    writeFileSync(at("etc/start.sh"), script);
  });

  afterEach(() => {
    // The loop is a child of its own: the whole group goes.
    if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    child = undefined;
    rmSync(root, { recursive: true, force: true });
  });

  async function start(): Promise<string> {
    const env = {
      PATH: process.env["PATH"] ?? "",
      ES_PATH_CONF: at("configuration"),
      ES_TMPDIR: at("temporary"),
    };
    const started = spawn("bash", [at("etc/start.sh"), "-Ea.b=c"], { env, detached: true });
    child = started;
    return new Promise((resolve) => {
      let said = "";
      for (const stream of [started.stdout, started.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes("started")) resolve(said);
        });
      }
      started.on("close", (code) => resolve(`${said} exit ${code}`));
    });
  }

  const held = (name: string): string => readFileSync(at("configuration", name), "utf8");

  async function becomes(name: string, part: string): Promise<void> {
    for (let tries = 0; tries < 100 && !held(name).includes(part); tries += 1) await sleep(50);
    expect(held(name)).toContain(part);
  }

  it("refuses to start on secrets that are not whole, with a sentence", async () => {
    writeFileSync(at("secrets/elasticsearch-node"), bundle("1").slice(0, -20));
    expect(await start()).toMatch(/not whole \(node\.key is missing\)[^]*exit 1/);
  });

  it("hands its arguments on, and splits key and certificate into files for their owner only", async () => {
    expect(await start()).toContain("started -Ea.b=c");
    expect(held("node.key").trimEnd()).toMatch(
      /^-----BEGIN PRIVATE KEY-----\nkey 1\n-----END PRIVATE KEY-----$/,
    );
    expect(held("node.crt")).toContain("certificate 1\n");
    expect(held("node.crt")).not.toContain("KEY");
    expect(held("roles.yml")).toBe(fileOf("roles.yml"));
    for (const name of ["node.key", "users"])
      expect(statSync(at("configuration", name)).mode & 0o077).toBe(0);
  });

  it("takes rotated files while it runs, never a part of one, and never a key without its certificate", async () => {
    await start();
    writeFileSync(at("secrets/elasticsearch-node"), bundle("2").slice(0, 120));
    writeFileSync(at("secrets/elasticsearch-ca"), "");
    await sleep(400);
    expect([held("node.key"), held("node.crt"), held("ca.pem")].join("")).not.toContain("2");
    expect(held("ca.pem")).toBe(authority("1"));
    writeFileSync(at("secrets/elasticsearch-node"), bundle("2"));
    writeFileSync(at("secrets/elasticsearch-ca"), authority("2"));
    writeFileSync(at("secrets/elasticsearch-users"), "lagline-reader:{PBKDF2}1000$BBBB=$BBBB=\n");
    await becomes("node.crt", "certificate 2");
    await becomes("node.key", "key 2");
    await becomes("ca.pem", "authority 2");
    await becomes("users", "BBBB");
  });
});
