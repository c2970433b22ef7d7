import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { loadConfig } from "../../config/load.ts";
import { importTelegraf } from "../../scripts/telegraf/import/run.ts";
import { neededMegabytes } from "../../scripts/deploy/preflight.ts";
import { loopbackProblems } from "../../scripts/deploy/loopback.ts";
import { IMAGES, LAGLINE_VERSION } from "../../stacks/versions.ts";
import { synthesise } from "../support/synthesise.ts";

const folder = join(import.meta.dirname, "..", "..", "examples");
const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const compareText = (a = "", b = ""): number => (a < b ? -1 : 1);
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

test("the list of examples names each of them", () => {
  const listed = [...read("README.md").matchAll(/^\| \[([a-z-]+)\]/gm)].map(([, name]) => name);
  expect(listed.toSorted(compareText)).toEqual(names.toSorted(compareText));
});

describe.each(names)("%s", (name) => {
  test("is valid and can be synthesised", () => {
    expect(synthesise(read(`${name}/lagline.yaml`)).containers.length).toBeGreaterThan(0);
  });
});

test.each([
  ["laptop", /bout ([\d.]+) GB of memory/],
  ["three-nodes", /bout ([\d.]+) GB of memory/],
])("%s says how much memory it may take", (name, sentence) => {
  const said = Number(sentence.exec(read(`${name}/lagline.yaml`))?.[1]);
  expect(neededMegabytes(loadConfig(join(folder, name, "lagline.yaml")).config) / 1024).toBeCloseTo(said, 0);
});

// The collector beside a Burrow reads 127.0.0.1 on purpose, and `scripts/up` does not deploy it.
test.each(names.filter((name) => name !== "sidecar"))(
  "%s names no address that a container cannot reach",
  (name) => {
    expect(loopbackProblems(loadConfig(join(folder, name, "lagline.yaml")).config)).toEqual([]);
  },
);

test("the migration from Telegraf is what the import makes of its telegraf.conf", async () => {
  const directory = mkdtempSync(join(tmpdir(), "lagline-examples-"));
  const out = join(directory, "lagline.yaml");
  await importTelegraf({
    files: [join(folder, "telegraf-migration", "telegraf.conf")],
    out,
    environment: "prod",
    clusters: ["orders"],
    defects: "fix",
    online: false,
    writeSecrets: false,
    json: false,
    env: {},
    print: () => undefined,
  });
  const [, ...made] = readFileSync(out, "utf8").split("\n");
  rmSync(directory, { recursive: true });
  // Without the first line, which points an editor to the schema of the repository's root.
  expect(made.join("\n")).toBe(read("telegraf-migration/lagline.yaml"));
});

test("four collectors share the large cluster", () => {
  const { containers } = synthesise(read("sharded-cluster/lagline.yaml"));
  const collectors = containers.filter(({ name }) => name.includes("collector"));
  expect(collectors).toHaveLength(4);
});

const hardening = z.object({
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal("ALL")]),
  security_opt: z.tuple([z.literal("no-new-privileges:true")]),
  user: z.string().regex(/^[1-9]/),
  mem_limit: z.string(),
  restart: z.literal("unless-stopped"),
});

describe("the collector as a sidecar", () => {
  const { config } = loadConfig(join(folder, "sidecar", "lagline.yaml"));
  const compose = z
    .object({
      services: z.object({
        burrow: z.looseObject({ image: z.string() }),
        collector: z.looseObject({ image: z.string(), command: z.array(z.string()) }),
      }),
    })
    .parse(parse(read("sidecar/compose.yaml"))).services;
  const pod = z
    .object({
      spec: z.object({
        template: z.object({
          spec: z.object({
            containers: z.array(
              z.looseObject({
                name: z.string(),
                image: z.string(),
                args: z.array(z.string()),
                securityContext: z.object({
                  readOnlyRootFilesystem: z.literal(true),
                  allowPrivilegeEscalation: z.literal(false),
                  runAsUser: z.number().min(1),
                }),
              }),
            ),
          }),
        }),
      }),
    })
    .parse(parse(read("sidecar/kubernetes.yaml"), { merge: true })).spec.template.spec.containers;
  const readme = read("sidecar/README.md");

  test("Compose's services are hardened", () => {
    for (const service of [compose.burrow, compose.collector])
      expect(() => hardening.parse(service)).not.toThrow();
  });

  test("Compose says what the docker run line says, which an integration test runs", () => {
    const [, line = ""] = /^(docker run [^]*?)^```/m.exec(readme) ?? [];
    const { collector } = compose;
    const [tmpfs] = z.tuple([z.string()]).parse(collector["tmpfs"]);
    const { mem_limit: memory, memswap_limit: swap, cpus, user } = collector;
    for (const flag of [
      `--restart ${String(collector["restart"])}`,
      `--memory ${String(memory)}`,
      `--memory-swap ${String(swap)}`,
      `--cpus ${String(cpus)}`,
      `--user ${String(user)}`,
      `--tmpfs ${tmpfs}`,
      collector["init"] === true ? "--init" : "no init",
    ]) {
      expect(line).toContain(flag);
    }
    expect(line).toMatch(/--read-only .*--cap-drop ALL --security-opt no-new-privileges /);
    expect(line.replaceAll(/\s+\\?\s*/g, " ")).toContain(collector.command.join(" "));
  });

  test("every form runs the versions of this Lagline", () => {
    const images = [compose.burrow.image, compose.collector.image, ...pod.map(({ image }) => image)];
    const expected = [IMAGES.burrow.upstream, `registry.example.com/lagline/collector:${LAGLINE_VERSION}`];
    expect(new Set(images)).toEqual(new Set(expected));
    expect(readme).toContain(expected[1]);
  });

  test("every form reads the cluster of the example's configuration", () => {
    const [cluster] = Object.keys(config.clusters);
    for (const command of [
      compose.collector.command,
      pod.find(({ name }) => name === "collector")?.args ?? [],
    ]) {
      expect(command.slice(0, 5)).toEqual([
        "collect",
        "--config",
        "/etc/lagline/lagline.yaml",
        "--cluster",
        cluster,
      ]);
    }
    expect(readme).toContain(`collect --config /etc/lagline/lagline.yaml --cluster ${cluster} --sidecar`);
  });

  test("the probes ask the port of the configuration", () => {
    const probe = `http://127.0.0.1:${config.collector.health_port}/healthz`;
    expect(read("sidecar/compose.yaml")).toContain(probe);
    expect(read("sidecar/kubernetes.yaml")).toContain(probe);
  });

  test("the spool of the configuration lies on the mounted volume", () => {
    expect(config.collector.spool_directory).toMatch(/^\/var\/lib\/lagline\//);
  });
});
