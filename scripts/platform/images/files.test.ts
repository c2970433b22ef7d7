import { execa } from "execa";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  COMPONENTS,
  DOCKER_PROVIDER,
  ELASTICSEARCH_ZIP_SHA256,
  IMAGES,
  LAGLINE_VERSION,
} from "../../../stacks/versions.ts";
import { V8_FLAGS } from "../../../stacks/node-entrypoint.ts";
import { findRepositoryRoot } from "../paths.ts";
import { COLLECTOR_DOCKERFILE } from "./collector.ts";
import { addEnvironmentSettings, ELASTICSEARCH_DOCKERFILE, pluginDescriptor } from "./elasticsearch.ts";
import { KAFKA_TOOLS, renderTool } from "./kafka.ts";

const FILES = import.meta.dirname;

async function settingsFrom(env: Record<string, string>): Promise<readonly string[]> {
  const script = `source ${join(FILES, "elasticsearch-files", "lagline-env.sh")}; printf '%s\\n' "$@"`;
  const result = await execa("bash", ["-euc", script, "elasticsearch", "given"], { env, extendEnv: false });
  return result.stdout.split("\n").toSorted((left, right) => left.localeCompare(right));
}

describe("Elasticsearch settings in the environment", () => {
  it("become arguments in both of upstream's spellings, with values untouched", async () => {
    const settings = await settingsFrom({
      PATH: process.env["PATH"] ?? "",
      "discovery.type": "single-node",
      "path.repo": "/a b=c\nd",
      ES_SETTING_XPACK_SECURITY_ENABLED: "false",
      ES_SETTING_NODE_STORE_ALLOW__MMAP: "false",
      ES_JAVA_OPTS: "-Xmx1g",
      "cluster.name": "",
      lower: "no dot",
    });
    expect(settings).toEqual(
      [
        "-Ediscovery.type=single-node",
        "-Enode.store.allow_mmap=false",
        "-Epath.repo=/a b=c",
        "-Expack.security.enabled=false",
        "d",
        "given",
      ].toSorted((left, right) => left.localeCompare(right)),
    );
  });

  it("are read where the upstream image reads them: before the last change of folder", () => {
    expect(addEnvironmentSettings('ES_HOME=x\ncd "$ES_HOME"\n')).toBe(
      'ES_HOME=x\nsource "$ES_HOME/bin/lagline-env"\n\ncd "$ES_HOME"\n',
    );
    expect(() => addEnvironmentSettings("exec java")).toThrow("has no line");
  });
});

describe("the plugin that makes API keys possible", () => {
  const source = join(FILES, "elasticsearch-files", "security-index", "SecurityIndexAnalysis.java");

  it("names the class that its source has, and the very version that it is loaded by", async () => {
    const text = await readFile(source, "utf8");
    const descriptor = pluginDescriptor("8.19.8");
    const [, pack, name] = /^classname=(\w+)\.(\w+)$/m.exec(descriptor) ?? [];
    expect(text).toContain(`package ${pack};`);
    expect(text).toContain(`public final class ${name} extends Plugin implements AnalysisPlugin {`);
    expect(descriptor).toMatch(/^elasticsearch\.version=8\.19\.8$/m);
  });

  it("offers the parts that the index settings of both versions ask for", async () => {
    const text = await readFile(source, "utf8");
    for (const part of ["pattern_capture", "unique", "uax_url_email"]) expect(text).toContain(`"${part}"`);
  });

  it("is compiled where Elasticsearch's own Java is, and ends where modules are", () => {
    const [, compiled = "", made = ""] = ELASTICSEARCH_DOCKERFILE.split(/^FROM /m);
    expect(compiled).toContain("jdk.compiler/com.sun.tools.javac.Main");
    const name = /^name=(.+)$/m.exec(pluginDescriptor("9.2.0"))?.[1];
    expect(made).toContain(`COPY --from=plugin /build/plugin/ /usr/share/elasticsearch/modules/${name}/`);
  });
});

describe("scripts in the images", () => {
  it.each([
    "kafka-files/kafka-run-class.sh",
    "kafka-files/kafka-server-start.sh",
    "elasticsearch-files/docker-entrypoint.sh",
    "elasticsearch-files/lagline-env.sh",
  ])("%s is valid bash", async (name) => {
    const result = await execa("bash", ["-n", join(FILES, name)], { reject: false });
    expect(result.stderr).toBe("");
  });

  it("passes every argument of a Kafka tool on", () => {
    expect(renderTool("x.Y")).toBe('#!/bin/bash\nexec /opt/kafka/bin/kafka-run-class.sh x.Y "$@"\n');
  });

  it("offers every tool that stacks and people call", () => {
    const needed = [
      "kafka-storage.sh",
      "kafka-topics.sh",
      "kafka-consumer-groups.sh",
      "kafka-configs.sh",
      "kafka-broker-api-versions.sh",
    ];
    expect(Object.keys(KAFKA_TOOLS)).toEqual(expect.arrayContaining(needed));
  });
});

describe("versions", () => {
  it("name a tag for every image, never latest", () => {
    const references = COMPONENTS.flatMap((name) =>
      [IMAGES[name].upstream, IMAGES[name].local].filter((text) => text !== undefined),
    );
    expect(references.length).toBeGreaterThan(COMPONENTS.length);
    for (const reference of references) expect(reference).toMatch(/:v?\d+\.\d+\.\d+$/);
  });

  it("pin a hash for every Elasticsearch", () => {
    for (const name of ["elasticsearch", "elasticsearch-8"] as const) {
      expect(ELASTICSEARCH_ZIP_SHA256[IMAGES[name].version]).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it("agree with package.json and with the Go modules that are built", async () => {
    const root = findRepositoryRoot();
    const project: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    expect(project).toMatchObject({ version: LAGLINE_VERSION });
    const burrow = await readFile(join(root, "scripts/platform/go-modules/burrow/go.mod"), "utf8");
    expect(burrow).toContain(`github.com/linkedin/Burrow v${IMAGES.burrow.version}\n`);
    const provider = await readFile(join(root, "scripts/platform/go-modules/docker-provider/go.mod"), "utf8");
    expect(provider).toContain(
      `=> github.com/${DOCKER_PROVIDER.source.replace("/", "/terraform-provider-")} v0.0.0-`,
    );
  });
});

it("the collector's image starts the same, whoever builds it", async () => {
  const own = await readFile(join(findRepositoryRoot(), "collectors/Dockerfile"), "utf8");
  const entrypoint = (text: string): unknown => JSON.parse(/^ENTRYPOINT (.+)$/m.exec(text)?.[1] ?? "null");
  expect(entrypoint(own)).toEqual(["node", ...V8_FLAGS, "/app/lagline.js"]);
  expect(entrypoint(COLLECTOR_DOCKERFILE)).toEqual(entrypoint(own));
});
