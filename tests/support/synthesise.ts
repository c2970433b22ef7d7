/** Synthesises the whole app for a configuration text and gives the parsed JSON of every stack. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRunbooks } from "../../alerts/index.ts";
import { parseConfig } from "../../config/load.ts";
import { buildApp } from "../../stacks/app.ts";
import { NOTHING_DEPLOYED } from "../../stacks/deployed.ts";
import type { Deployment } from "../../stacks/deployment.ts";
import { upstreamImages } from "../../stacks/deployment.ts";
import { IMAGES } from "../../stacks/versions.ts";
import { withOwnRetention } from "../../stacks/own-retention.ts";
import { deploymentFiles } from "../../stacks/files/files.ts";

const runbooks = await loadRunbooks();

export type ContainerJson = {
  readonly name: string;
  readonly image: string;
  readonly [attribute: string]: unknown;
};
export type StackJson = {
  readonly resource?: {
    readonly docker_container?: Readonly<Record<string, ContainerJson>>;
    readonly docker_image?: Readonly<Record<string, { readonly name: string }>>;
    readonly docker_volume?: Readonly<
      Record<
        string,
        {
          readonly name: string;
          readonly labels?: unknown;
          readonly lifecycle?: { readonly prevent_destroy?: boolean };
        }
      >
    >;
  };
  readonly terraform: {
    readonly backend: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly required_providers: unknown;
  };
  readonly output?: unknown;
  readonly data?: unknown;
};
export type Synthesised = {
  readonly directory: string;
  readonly text: string;
  readonly stacks: ReadonlyMap<string, StackJson>;
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  readonly containers: readonly (ContainerJson & { readonly stack: string })[];
};

export function synthesise(yaml: string, overrides: Partial<Deployment> = {}): Synthesised {
  const directory = mkdtempSync(join(tmpdir(), "lagline-synth-"));
  const images = overrides.images ?? upstreamImages();
  const config = withOwnRetention(parseConfig(yaml, "test.yaml"), images);
  buildApp({
    config,
    files: deploymentFiles(config, runbooks),
    images,
    providerVersion: "4.6.0",
    filesDirectory: join(directory, "files"),
    secretsDirectory: join(directory, "secrets"),
    outputDirectory: join(directory, "out"),
    deployed: NOTHING_DEPLOYED,
    purge: false,
    ...overrides,
  }).synth();
  const folder = join(directory, "out", "stacks");
  const texts = readdirSync(folder).map(
    (name) => [name, readFileSync(join(folder, name, "cdk.tf.json"), "utf8")] as const,
  );
  const stacks = new Map(texts.map(([name, text]) => [name, JSON.parse(text) as StackJson]));
  const manifest = JSON.parse(readFileSync(join(directory, "out", "manifest.json"), "utf8")) as {
    stacks: Record<string, { dependencies: string[] }>;
  };
  rmSync(directory, { recursive: true });
  return {
    directory,
    text: texts.map(([, text]) => text).join("\n"),
    stacks,
    dependencies: new Map(
      Object.entries(manifest.stacks).map(([name, stack]) => [name, stack.dependencies.toSorted()]),
    ),
    containers: [...stacks].flatMap(([stack, json]) =>
      Object.values(json.resource?.docker_container ?? {}).map((container) => ({ ...container, stack })),
    ),
  };
}

export const DEMO_YAML = `
environment: test
clusters:
  shop: { kafka: { managed: { topics: { orders: { partitions: 3 } } } }, burrow: { managed: {} } }
elasticsearch: { managed: {} }
grafana: { managed: {} }
alerts: { slack: { webhook_file: secrets/hook } }
demo: { cluster: shop }
`;

/** The relay beside Grafana, with everything that it can read. */
export const RELAYED_YAML = `
environment: relayed
clusters: { shop: { kafka: { managed: {} }, burrow: { managed: {} } } }
elasticsearch: { managed: {} }
grafana: { managed: {} }
alerts:
  slack:
    webhook_file: secrets/hook
    delivery: relay
    channel: lag
    bot_token_file: secrets/bot
    channels: { "team payments": { webhook_file: secrets/payments } }
  watchdog: { heartbeat_url_file: secrets/heartbeat }
`;
export const CANARY_YAML = `${RELAYED_YAML.replaceAll("relayed", "canary")}  canary: { cluster: shop }\n`;

/** Everything from packages, as where no registry can be reached; a build has its hash in its name. */
export const LOCAL_YAML = DEMO_YAML.replace("environment: test", "environment: local");
export const LOCAL_IMAGES = {
  ...upstreamImages(),
  ...Object.fromEntries(
    Object.entries(IMAGES).flatMap(([component, { local }]) =>
      local === undefined ? [] : [[component, `${local}-0123456789ab`]],
    ),
  ),
};

export const LARGE_YAML = `
environment: large
clusters:
  orders: { kafka: { managed: { brokers: 3, controllers: separate } }, burrow: { managed: { host_port: 18000 } } }
  legacy:
    kafka:
      external:
        bootstrap_servers: ["kafka-1:9092"]
        sasl: { mechanism: SCRAM-SHA-512, username: lagline, password_file: /secrets/kafka }
        tls: { ca_file: /secrets/ca.pem }
    burrow: { managed: {} }
elasticsearch: { managed: { nodes: 3, host_port: 29200, version: "8" } }
collector: { sidecar_mode: network-namespace }
grafana: { managed: { host_port: 23000 } }
`;
