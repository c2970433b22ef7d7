/** Policy over the synthesised JSON of every stack: what facts about containers must hold, whoever adds one. */
import { describe, expect, it } from "vitest";
import { V8_FLAGS } from "./node-entrypoint.ts";
import {
  CANARY_YAML,
  DEMO_YAML,
  LARGE_YAML,
  LOCAL_IMAGES,
  LOCAL_YAML,
  RELAYED_YAML,
  synthesise,
} from "../tests/support/synthesise.ts";
import type { ContainerJson } from "../tests/support/synthesise.ts";

const demo = synthesise(DEMO_YAML);
const large = synthesise(LARGE_YAML);
const relayed = synthesise(RELAYED_YAML);
const canaries = synthesise(CANARY_YAML);
const local = synthesise(LOCAL_YAML, { images: LOCAL_IMAGES });
const containers = [demo, large, relayed, canaries, local].flatMap(({ containers: list }) =>
  list.map((container) => [`${container.stack}/${container.name}`, container] as const),
);
const oneShots = new Set([
  "lagline-test-setup",
  "lagline-test-topics-shop",
  "lagline-large-setup",
  "lagline-relayed-setup",
  "lagline-relayed-topics-shop",
  "lagline-canary-setup",
  "lagline-canary-topics-shop",
  "lagline-large-topics-orders",
  "lagline-local-setup",
  "lagline-local-topics-shop",
]);
const services = containers.filter(([, container]) => !oneShots.has(container.name));

/** Containers that may load code from a tmpfs, with the reason beside the construct. */
const EXEC_TMPFS_WAIVERS = /^lagline-(test|large|relayed|canary|local)-elasticsearch-\d$/;

function labelOf(container: ContainerJson, name: string): string | undefined {
  return (container["labels"] as { label: string; value: string }[]).find(({ label }) => label === name)
    ?.value;
}

describe.each(containers)("%s", (_name, container) => {
  it("has no privileges to give away", () => {
    expect(container).toMatchObject({
      privileged: false,
      init: true,
      read_only: true,
      capabilities: { drop: ["ALL"] },
      security_opts: ["no-new-privileges"],
    });
    expect(container["user"]).toMatch(/^[1-9]\d*:\d+$/);
    expect(container["capabilities"]).not.toHaveProperty("add");
    for (const attribute of [
      "pid_mode",
      "ipc_mode",
      "userns_mode",
      "devices",
      "upload",
      "cpus",
      "publish_all_ports",
    ]) {
      expect(container).not.toHaveProperty(attribute);
    }
    expect(container["network_mode"]).toMatch(/^(bridge|container:\$\{docker_container\.\w+\.id\})$/);
  });

  it("has bounds on memory without swap, on CPU, on files and on logs", () => {
    expect(container["memory"]).toBeGreaterThan(0);
    expect(container["memory_swap"]).toBe(container["memory"]);
    expect(container["cpu_period"]).toBe(100_000);
    expect(container["cpu_quota"]).toBeGreaterThan(0);
    expect(container).toMatchObject({
      log_driver: "json-file",
      log_opts: { "max-size": "10m", "max-file": "3" },
    });
    // Kafka and Elasticsearch need as many files as the engine gives; asking for more than that would fail the start.
    const inherits = /-(kafka|elasticsearch)-/.test(container.name);
    expect(container["ulimit"]).toEqual(inherits ? undefined : [{ name: "nofile", soft: 1024, hard: 1024 }]);
  });

  it("mounts nothing of the engine, and files of the host read-only", () => {
    const mounts = container["volumes"] as {
      host_path?: string;
      volume_name?: string;
      container_path: string;
      read_only: boolean;
    }[];
    for (const mount of mounts) {
      expect(mount.host_path ?? "").not.toContain("docker.sock");
      expect(mount.volume_name !== undefined || mount.read_only).toBe(true);
    }
    expect(container).not.toHaveProperty("mounts");
  });

  it("keeps temporary files out of reach of setuid, devices and, but for a waiver, execution", () => {
    for (const options of Object.values((container["tmpfs"] ?? {}) as Record<string, string>)) {
      expect(options).toMatch(/nosuid/);
      expect(options).toMatch(/nodev/);
      expect(options).toMatch(/size=\d+m/);
      expect(/noexec/.test(options) || EXEC_TMPFS_WAIVERS.test(container.name)).toBe(true);
    }
  });

  it("uses a declared image, and says by a label what it was made of", () => {
    expect(container.image).toMatch(/^\$\{docker_image\.[\w-]+\.image_id\}$/);
    expect(labelOf(container, "lagline.config-hash")).toMatch(/^[0-9a-f]{16}$/);
    expect(labelOf(container, "lagline.component")).toBeDefined();
  });

  it("publishes ports on one address only", () => {
    for (const port of (container["ports"] ?? []) as { ip: string }[]) {
      expect(port.ip).toBe("127.0.0.1");
    }
  });
});

describe.each(services)("service %s", (_name, container) => {
  it("restarts, is watched, is waited for, and gets time to stop", () => {
    expect(container).toMatchObject({ restart: "unless-stopped", must_run: true, wait: true });
    const check = container["healthcheck"] as {
      test: string[];
      start_period: string;
      interval: string;
      timeout: string;
      retries: number;
    };
    expect(check.test.length).toBeGreaterThan(1);
    expect(check.retries).toBeGreaterThan(0);
    expect(check.interval).toMatch(/^\d+s$/);
    expect(check.timeout).toMatch(/^\d+s$/);
    expect(check.start_period).toMatch(/^(\d+m)?\d{1,2}s$/);
    const [, minutes = "0", seconds = "0"] = /^(?:(\d+)m)?(\d+)s$/.exec(check.start_period) ?? [];
    expect(container["wait_timeout"]).toBeGreaterThan(Number(minutes) * 60 + Number(seconds));
    const grace = /kafka-|elasticsearch-\d/.test(container.name) ? 120 : 13;
    expect(container["destroy_grace_seconds"]).toBeGreaterThanOrEqual(grace);
    expect(container["stop_timeout"]).toBe(container["destroy_grace_seconds"]);
  });
});

describe.each(containers.filter(([, container]) => oneShots.has(container.name)))(
  "one-shot %s",
  (_name, container) => {
    it("runs to its end, and its failure fails the deployment with its words", () => {
      expect(container).toMatchObject({ attach: true, logs: true, must_run: false, restart: "no" });
      expect(container["lifecycle"]).toMatchObject({
        postcondition: [
          {
            condition: "${self.exit_code == 0}",
            error_message: expect.stringContaining("${self.container_logs}") as string,
          },
        ],
      });
    });
  },
);

describe.each([
  ["demo", demo],
  ["large", large],
  ["relayed", relayed],
  ["local", local],
])("all stacks of %s", (_name, synthesised) => {
  it("pin every image by a tag that is not latest", () => {
    const names = [...synthesised.stacks.values()].flatMap((stack) =>
      Object.values(stack.resource?.docker_image ?? {}).map(({ name }) => name),
    );
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      expect(name).toMatch(/^[^:]+:(?!latest$)[\w.-]+(@sha256:[0-9a-f]{64})?$/);
    }
  });

  it("protect every volume and give it no labels", () => {
    const volumes = Object.values(synthesised.stacks.get("storage")?.resource?.docker_volume ?? {});
    expect(volumes.length).toBeGreaterThan(1);
    for (const volume of volumes) {
      expect(volume.lifecycle?.prevent_destroy).toBe(true);
      expect(volume).not.toHaveProperty("labels");
    }
    const mounted = synthesised.containers.flatMap((container) =>
      (container["volumes"] as { volume_name?: string }[]).flatMap(({ volume_name }) => volume_name ?? []),
    );
    expect(mounted.toSorted()).toEqual(volumes.map(({ name }) => name).toSorted());
  });

  it("give every container a name, an alias and ports that no other has", () => {
    const names = synthesised.containers.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const aliases = synthesised.containers.flatMap((container) =>
      ((container["networks_advanced"] ?? []) as { aliases: string[] }[]).flatMap(
        (network) => network.aliases,
      ),
    );
    expect(new Set(aliases).size).toBe(aliases.length);
    const ports = synthesised.containers.flatMap((container) =>
      ((container["ports"] ?? []) as { external: number }[]).map(({ external }) => external),
    );
    expect(new Set(ports).size).toBe(ports.length);
  });

  it("share no outputs and no state, so that no secret can travel through them", () => {
    for (const stack of synthesised.stacks.values()) {
      expect(stack.output).toBeUndefined();
      expect(stack.data).toBeUndefined();
    }
  });

  it("name no folder of this machine and no unresolved token", () => {
    expect(synthesised.text).not.toContain(synthesised.directory);
    expect(synthesised.text).not.toContain("TfToken");
    for (const stack of synthesised.stacks.values()) {
      expect(stack.terraform.backend["local"]?.["path"]).toMatch(/^(\.\.\/)+/);
    }
  });
});

describe("the app", () => {
  it("orders stacks: ground, stores, monitor, then what looks at it", () => {
    expect(Object.fromEntries(demo.dependencies)).toEqual({
      network: [],
      storage: [],
      elasticsearch: ["network", "storage"],
      "kafka-shop": ["network", "storage"],
      "monitor-shop": ["elasticsearch", "kafka-shop", "network", "storage"],
      "demo-shop": ["kafka-shop", "monitor-shop", "network", "storage"],
      grafana: ["elasticsearch", "network", "storage"],
    });
  });

  it("starts the one-shots only after what they prepare, and the collector after its Burrow", () => {
    const dependsOn = (name: string) =>
      demo.containers.find((container) => container.name === name)?.["depends_on"];
    expect(dependsOn("lagline-test-setup")).toEqual([
      expect.stringMatching(/^docker_container\.elasticsearch-1_/),
    ]);
    expect(dependsOn("lagline-test-topics-shop")).toEqual([
      expect.stringMatching(/^docker_container\.kafka-shop-1_/),
    ]);
    expect(dependsOn("lagline-test-collector-shop")).toEqual([
      expect.stringMatching(/^docker_container\.burrow_/),
    ]);
  });

  it("is the same for the same input", () => {
    const strip = (text: string, directory: string): string => text.replaceAll(directory, "");
    const again = synthesise(DEMO_YAML);
    expect(strip(again.text, again.directory)).toBe(strip(demo.text, demo.directory));
  });

  it("leaves Grafana out where its image cannot be had", () => {
    const images = { kafka: "k:1", elasticsearch: "e:1", burrow: "b:1", collector: "c:1" };
    expect([...synthesise(DEMO_YAML, { images }).stacks.keys()]).not.toContain("grafana");
  });

  it("puts the relay beside Grafana before it, or in a stack of its own where Grafana is elsewhere", () => {
    const relay = relayed.containers.find(({ name }) => name === "lagline-relayed-relay");
    expect(relay).toMatchObject({ stack: "grafana", ports: [] });
    expect(relay?.["command"]).toEqual(["notify", "--config", "/etc/lagline/lagline.yaml"]);
    const grafana = relayed.containers.find(({ name }) => name === "lagline-relayed-grafana");
    expect(grafana?.["depends_on"]).toEqual([expect.stringMatching(/^docker_container\.relay_/)]);
    // Only the relay may post to Slack.
    expect(JSON.stringify(grafana?.["volumes"])).not.toContain("slack-webhook-url");
    expect(JSON.stringify(relay?.["volumes"])).not.toContain("admin");
    const alone = synthesise(RELAYED_YAML.replace("grafana: { managed: {} }", "grafana: { files: {} }"));
    expect(alone.containers.find(({ stack }) => stack === "relay")).toMatchObject({
      name: "lagline-relayed-relay",
      ports: [{ internal: 8090, external: 8090, ip: "127.0.0.1" }],
    });
    const images = { kafka: "k:1", elasticsearch: "e:1", burrow: "b:1", collector: "c:1" };
    expect([...synthesise(RELAYED_YAML, { images }).stacks.keys()]).not.toContain("grafana");
  });

  it("runs the canary on its cluster after its monitor", () => {
    expect(canaries.dependencies.get("canary-shop")).toContain("monitor-shop");
    const canary = canaries.containers.find(({ name }) => name === "lagline-canary-canary-shop");
    expect(canary?.["command"]).toEqual(["canary", "--config", "/etc/lagline/lagline.yaml"]);
  });

  it("says which image is missing and what to do", () => {
    expect(() => synthesise(DEMO_YAML, { images: { collector: "c:1" } })).toThrow(
      /needs an image of elasticsearch/,
    );
  });

  it("reads Burrow by name, or joins its namespace by id where that is asked for", () => {
    const find = (list: typeof demo.containers, name: string) =>
      list.find((container) => container.name === name);
    const beside = find(demo.containers, "lagline-test-collector-shop");
    expect(beside?.["network_mode"]).toBe("bridge");
    expect(beside?.["command"]).not.toContain("--sidecar");
    const within = find(large.containers, "lagline-large-collector-orders");
    expect(within?.["network_mode"]).toMatch(/^container:\$\{docker_container\.burrow_container_\w+\.id\}$/);
    expect(within?.["command"]).toContain("--sidecar");
  });

  it("lets volumes go only for a purge", () => {
    const purged = synthesise(DEMO_YAML, { purge: true });
    for (const volume of Object.values(purged.stacks.get("storage")?.resource?.docker_volume ?? {})) {
      expect(volume.lifecycle?.prevent_destroy).toBe(false);
    }
  });

  it("gives collector and relay nothing of the file system but their own, and no other process", () => {
    for (const [{ containers: list }, number] of [
      [demo, 1],
      [large, 2],
      [relayed, 2],
    ] as const) {
      const restricted = list.filter(({ name }) => /-(collector-\w+|relay)$/.test(name));
      expect(restricted).toHaveLength(number);
      for (const { entrypoint: given } of restricted) {
        const entrypoint = given as string[];
        expect(entrypoint.slice(0, 3)).toEqual(["node", ...V8_FLAGS, "--permission"]);
        expect(entrypoint.filter((flag) => flag.startsWith("--allow"))).toEqual([
          "--allow-fs-read=/app/",
          "--allow-fs-read=/etc/lagline/",
          "--allow-fs-read=/run/secrets/",
          "--allow-fs-read=/var/lib/lagline/",
          "--allow-fs-read=/proc/",
          "--allow-fs-write=/var/lib/lagline/",
        ]);
      }
    }
  });

  it("deletes by age itself only where the image of Elasticsearch cannot", () => {
    const find = ({ containers: list }: typeof demo) =>
      list.filter(({ name }) => name.endsWith("-retention"));
    expect([demo, large, relayed].flatMap(find)).toEqual([]);
    const [retention, ...others] = find(local);
    expect(others).toEqual([]);
    expect(retention).toMatchObject({ stack: "elasticsearch", ports: [] });
    expect(retention?.["depends_on"]).toEqual([expect.stringMatching(/^docker_container\.setup_/)]);
    const entrypoint = retention?.["entrypoint"] as string[];
    expect(entrypoint.slice(0, 3)).toEqual(["node", ...V8_FLAGS, "--permission"]);
    expect(entrypoint.join(" ")).not.toContain("--allow-fs-write");
    const mounts = JSON.stringify(retention?.["volumes"]);
    expect(mounts).toContain("elasticsearch-retention-password");
    expect(mounts.match(/-password/g)).toHaveLength(2);
  });

  it.each([
    ["where nothing is to be deleted", "index: { lifecycle: none }"],
    ["where names tell no day", "index: { mode: daily, name: lag-all }"],
    ["where templates are somebody else's", "index: { manage_templates: false }"],
  ])("leaves documents alone %s", (_name, index) => {
    const yaml = LOCAL_YAML.replace(
      "elasticsearch: { managed: {} }",
      `elasticsearch: { managed: {}, ${index} }`,
    );
    const { containers: list } = synthesise(yaml, { images: LOCAL_IMAGES });
    expect(list.map(({ name }) => name)).not.toContain("lagline-local-retention");
  });

  it("deletes by age in an Elasticsearch somewhere else where it is told to", () => {
    const yaml = DEMO_YAML.replace(
      "elasticsearch: { managed: {} }",
      "elasticsearch: { external: { url: http://es:9200, username: me, password_file: p }, index: { lifecycle: lagline } }",
    );
    const { containers: list } = synthesise(yaml);
    expect(list.find(({ name }) => name === "lagline-test-retention")).toMatchObject({
      stack: "elasticsearch",
    });
  });

  it("never publishes Burrow, which has no authentication, unless a port is asked for", () => {
    expect(demo.containers.find(({ name }) => name === "lagline-test-burrow-shop")?.["ports"]).toEqual([]);
  });

  it("the demo's groups join when Burrow has looked for their topics", () => {
    const slow = synthesise(
      DEMO_YAML.replace("burrow: { managed: {} }", "burrow: { managed: { topic_refresh_seconds: 20 } }"),
    );
    const container = slow.containers.find(({ name }) => name === "lagline-test-demo-shop");
    expect(String(container?.["command"])).toMatch(/--settle,23$/);
  });

  it("replaces a container when a file changes that it mounts, and leaves it when nothing did", () => {
    const changed = synthesise(DEMO_YAML.replace("orders: { partitions: 3 }", "orders: { partitions: 4 }"));
    const hash = (list: typeof demo.containers, name: string) =>
      labelOf(list.find((container) => container.name === name) as ContainerJson, "lagline.config-hash");
    expect(hash(changed.containers, "lagline-test-topics-shop")).not.toBe(
      hash(demo.containers, "lagline-test-topics-shop"),
    );
    expect(hash(changed.containers, "lagline-test-burrow-shop")).toBe(
      hash(demo.containers, "lagline-test-burrow-shop"),
    );
  });
});
