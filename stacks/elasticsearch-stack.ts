/** A managed Elasticsearch, then the step that prepares its templates. */
import type { ManagedElasticsearch } from "../config/elasticsearch-schema.ts";
import type { Construct } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import type { Mount } from "./constructs/service-container.ts";
import { ServiceContainer } from "./constructs/service-container.ts";
import { elasticsearchSecrets, SETUP_CONFIGURATION } from "./files/collector-files.ts";
import { ELASTICSEARCH_FILES, elasticsearchNodeSecrets } from "./files/elasticsearch-files.ts";
import type { Deployment } from "./deployment.ts";
import { hostName } from "./deployment.ts";
import { usesOwnRetention } from "./own-retention.ts";
import { addRetention } from "./retention-container.ts";
import { ELASTICSEARCH_PORT, elasticsearchNode, numbers, PATHS } from "./endpoints.ts";

// Both on the tmpfs of /tmp, which exists in the image: on a restart the engine gives a tmpfs the mode of the folder under
// it, so one at a path of its own would not be writable any more. Apart from each other, because Elasticsearch's
// entitlements forbid configuration below the temporary folder.
const CONFIGURATION = "/tmp/configuration";
const TEMPORARY = "/tmp/temporary";

// Elasticsearch copies its built-in roles into an index, for a page of Kibana; roles come from files here.
const NO_BUILT_IN_ROLES = "-Des.queryable_built_in_roles_enabled=false";

/** Below 4 GiB a third of the memory is heap: the rest of the process needs about 700 MB whatever the heap is. */
export function heapMegabytes(memoryMegabytes: number): number {
  return Math.min(31_744, Math.floor(memoryMegabytes / (memoryMegabytes < 4096 ? 3 : 2)));
}

export type ElasticsearchStackOptions = {
  readonly deployment: Deployment;
  /** Absent where Elasticsearch exists already: then only the setup step runs. */
  readonly managed?: { readonly elasticsearch: ManagedElasticsearch; readonly image: string };
  readonly collectorImage: string;
};
type NodeOptions = {
  readonly deployment: Deployment;
  readonly elasticsearch: ManagedElasticsearch;
  readonly image: string;
};

export class ElasticsearchStack extends BaseStack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, managed, collectorImage }: ElasticsearchStackOptions,
  ) {
    super(scope, id, deployment);
    const nodes = numbers(managed?.elasticsearch.nodes ?? 0).flatMap((index) =>
      managed === undefined ? [] : [this.#node({ deployment, ...managed }, index)],
    );
    const setup = this.#setup(deployment, { image: collectorImage, after: nodes });
    if (usesOwnRetention(deployment.config)) {
      addRetention(this, { deployment, image: collectorImage, after: setup });
    }
  }

  #node({ deployment, elasticsearch, image }: NodeOptions, index: number): ServiceContainer {
    const name = elasticsearchNode(index);
    const heap = heapMegabytes(elasticsearch.memory_megabytes);
    return new ServiceContainer(this, name, {
      deployment,
      name,
      image,
      user: "1000:0",
      memoryMegabytes: elasticsearch.memory_megabytes,
      cpus: elasticsearch.cpus,
      graceSeconds: 120,
      openFiles: "inherit",
      entrypoint: ["/bin/bash"],
      command: startCommand(elasticsearch, nodeSettings(deployment, elasticsearch, index)),
      environment: {
        // The image's garbage-collection log would fill the tmpfs of the logs.
        ES_JAVA_OPTS: `-Xms${heap}m -Xmx${heap}m -Xlog:disable -Xlog:all=warning:stderr:utctime,level,tags ${NO_BUILT_IN_ROLES}`,
        ES_PATH_CONF: CONFIGURATION,
        ES_TMPDIR: TEMPORARY,
      },
      mounts: [
        { kind: "volume", volume: name, target: PATHS.elasticsearchData },
        ...securityMounts(deployment, elasticsearch, name),
      ],
      tmpfs: {
        "/tmp": "rw,nosuid,nodev,exec,size=128m,mode=1777",
        "/usr/share/elasticsearch/logs": "rw,nosuid,nodev,noexec,size=64m,mode=1777",
      },
      waivers: [
        {
          rule: "no-exec-tmpfs",
          reason: "Elasticsearch unpacks and loads native libraries from its temporary folder.",
        },
      ],
      network: { alias: name },
      ports: [{ internal: ELASTICSEARCH_PORT, external: elasticsearch.host_port + index - 1 }],
      healthCheck: {
        // An open port: whether the cluster works is the setup step's question, which can also say what is wrong.
        command: ["CMD", "/bin/bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${ELASTICSEARCH_PORT}`],
        intervalSeconds: 3,
        startPeriodSeconds: 180,
      },
    });
  }

  /** The one-shot that creates templates, lifecycle and data stream; its failure fails the deployment with its words. */
  #setup(
    deployment: Deployment,
    { image, after }: { image: string; after: readonly ServiceContainer[] },
  ): ServiceContainer {
    return new ServiceContainer(this, "setup", {
      deployment,
      name: "setup",
      image,
      user: "10001:10001",
      memoryMegabytes: 256,
      cpus: 1,
      graceSeconds: 10,
      command: ["setup", "--config", `${PATHS.configuration}/lagline.yaml`],
      mounts: [
        {
          kind: "file",
          path: SETUP_CONFIGURATION,
          target: `${PATHS.configuration}/lagline.yaml`,
        },
        ...elasticsearchSecrets(deployment.config, "setup").map(({ name }): Mount => ({
          kind: "secret",
          name,
          target: `${PATHS.secrets}/${name}`,
        })),
      ],
      tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=16m,mode=1777" },
      network: { alias: "setup" },
      after,
      oneShot: true,
    });
  }
}

/**
 * The image's configuration folder must be writable, because the keystore is created in it at the first start; a copy on
 * a tmpfs keeps the root read-only and leaves no stale configuration behind after an upgrade.
 */
function startCommand(
  { security }: ManagedElasticsearch,
  settings: Readonly<Record<string, string | number | boolean>>,
): string[] {
  const flags = Object.entries(settings).map(([key, value]) => `-E${key}=${String(value)}`);
  if (security.enabled) return [`${PATHS.configuration}/start.sh`, ...flags];
  const start = [
    `mkdir -p ${CONFIGURATION} ${TEMPORARY}`,
    `cp -r /usr/share/elasticsearch/config/. ${CONFIGURATION}/`,
    `exec /usr/share/elasticsearch/bin/elasticsearch ${flags.join(" ")}`,
  ];
  return ["-c", start.join(" && ")];
}

/** Roles and hashes are watched: Elasticsearch takes changes of them while it runs. */
function securityMounts(
  { config }: Deployment,
  { security }: ManagedElasticsearch,
  node: string,
): readonly Mount[] {
  if (!security.enabled) return [];
  const file = (name: string, watched: boolean): Mount => ({
    kind: "file",
    path: `${ELASTICSEARCH_FILES}/${name}`,
    target: `${PATHS.configuration}/${name}`,
    watched,
  });
  const secrets = elasticsearchNodeSecrets(config)
    .filter((secret) => secret.node === node)
    .map(({ name, staged }): Mount => ({ kind: "secret", name: staged, target: `${PATHS.secrets}/${name}` }));
  return [file("start.sh", false), file("roles.yml", true), file("users_roles", true), ...secrets];
}

function nodeSettings(
  deployment: Deployment,
  elasticsearch: ManagedElasticsearch,
  index: number,
): Record<string, string | number | boolean> {
  const names = numbers(elasticsearch.nodes).map(elasticsearchNode).join(",");
  return {
    "cluster.name": hostName(deployment.config, "elasticsearch"),
    "node.name": elasticsearchNode(index),
    "network.host": "0.0.0.0",
    ...securitySettings(elasticsearch),
    "action.destructive_requires_name": true,
    "path.data": PATHS.elasticsearchData,
    ...(elasticsearch.nodes === 1
      ? { "discovery.type": "single-node" }
      : { "discovery.seed_hosts": names, "cluster.initial_master_nodes": names }),
  };
}

/** Named here, because the defaults name ciphers that newer Java has dropped, which is an error in the log each time. */
const CIPHERS = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
].join(",");

/**
 * Users come from files and from nowhere else: with the reserved and the native realm off there is no `elastic` user,
 * no first password, and nothing in an index that could let somebody in.
 */
function securitySettings({ security }: ManagedElasticsearch): Record<string, string | number | boolean> {
  if (!security.enabled) return { "xpack.security.enabled": false };
  const realms = "xpack.security.authc.realms";
  return {
    "xpack.security.enabled": true,
    "xpack.security.autoconfiguration.enabled": false,
    "xpack.security.authc.reserved_realm.enabled": false,
    [`${realms}.file.file1.order`]: 0,
    [`${realms}.native.native1.enabled`]: false,
    [`${realms}.native.native1.order`]: 1,
    ...tlsSettings("http"),
    ...tlsSettings("transport"),
    // Nodes prove that they know this authority; who they are is decided by their names in the network.
    "xpack.security.transport.ssl.verification_mode": "certificate",
    "xpack.security.transport.ssl.client_authentication": "required",
  };
}

function tlsSettings(layer: "http" | "transport"): Record<string, string | boolean> {
  const prefix = `xpack.security.${layer}.ssl`;
  return {
    [`${prefix}.enabled`]: true,
    [`${prefix}.key`]: "node.key",
    [`${prefix}.certificate`]: "node.crt",
    [`${prefix}.certificate_authorities`]: "ca.pem",
    [`${prefix}.supported_protocols`]: "TLSv1.3,TLSv1.2",
    [`${prefix}.cipher_suites`]: CIPHERS,
  };
}
