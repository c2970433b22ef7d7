/** The whole deployment as a cdktf app. Pure: everything it needs comes in, nothing is read from the environment. */
import { LaglineError } from "../model/errors.ts";
import { CanaryStack } from "./canary-stack.ts";
import { App, TerraformStack } from "./cdktf.ts";
import { DemoStack } from "./demo-stack.ts";
import type { Deployment } from "./deployment.ts";
import { ElasticsearchStack } from "./elasticsearch-stack.ts";
import { bootstrapServers } from "./endpoints.ts";
import { usesRelay } from "./files/relay-files.ts";
import { GrafanaStack } from "./grafana-stack.ts";
import { KafkaStack } from "./kafka-stack.ts";
import { MonitorStack } from "./monitor-stack.ts";
import { NetworkStack } from "./network-stack.ts";
import { elasticsearchComponent } from "./own-retention.ts";
import { RelayStack } from "./relay-container.ts";
import { buildRetired } from "./retired-stack.ts";
import { StorageStack } from "./storage-stack.ts";
import type { Component } from "./versions.ts";

const GRAFANA_STACK = "grafana";

/**
 * Builds all stacks: network and storage first, then what stands on them. Dependencies are declared, not derived from
 * references, so that no stack copies another's outputs into its state.
 * @throws LaglineError LAGLINE_IMAGE_MISSING when a needed image has no reference.
 */
export function buildApp(deployment: Deployment): App {
  const app = new App({ outdir: deployment.outputDirectory });
  const network = new NetworkStack(app, "network", deployment);
  const storage = new StorageStack(app, "storage", deployment);
  const elasticsearch = after(buildElasticsearch(app, deployment), network, storage);
  for (const cluster of Object.keys(deployment.config.clusters)) {
    const kafka = buildKafka(app, deployment, cluster);
    const base =
      kafka === undefined ? [network, storage] : [network, storage, after(kafka, network, storage)];
    const monitor = after(buildMonitor(app, deployment, cluster), ...base, elasticsearch);
    const canary = buildCanary(app, deployment, cluster);
    if (canary !== undefined) {
      after(canary, ...base, monitor);
    }
    const demo = buildDemo(app, deployment, cluster);
    if (demo !== undefined) {
      after(demo, ...base, monitor);
    }
  }
  const grafana = buildGrafana(app, deployment);
  if (grafana !== undefined) {
    after(grafana, network, storage, elasticsearch);
  }
  retire(app, deployment);
  return app;
}

/** What goes must be gone before something new takes its port or its name. */
function retire(app: App, deployment: Deployment): void {
  const stacks = app.node.children.filter((child) => child instanceof TerraformStack);
  const waiting = deployment.config.grafana.managed === undefined ? [] : [GRAFANA_STACK];
  const present = new Set([...stacks.map(({ node }) => node.id), ...waiting]);
  const retired = buildRetired(app, deployment, present);
  for (const stack of stacks) after(stack, ...retired);
}

function after<Stack extends TerraformStack>(
  stack: Stack,
  ...dependencies: readonly TerraformStack[]
): Stack {
  for (const dependency of dependencies) {
    stack.addDependency(dependency);
  }
  return stack;
}

function buildElasticsearch(app: App, deployment: Deployment): ElasticsearchStack {
  const elasticsearch = deployment.config.elasticsearch.managed;
  const collectorImage = requireImage(deployment, "collector");
  if (elasticsearch === undefined) {
    return new ElasticsearchStack(app, "elasticsearch", { deployment, collectorImage });
  }
  const image = requireImage(deployment, elasticsearchComponent(elasticsearch.version));
  return new ElasticsearchStack(app, "elasticsearch", {
    deployment,
    collectorImage,
    managed: { elasticsearch, image },
  });
}

function buildKafka(app: App, deployment: Deployment, cluster: string): KafkaStack | undefined {
  const kafka = deployment.config.clusters[cluster]?.kafka?.managed;
  return kafka === undefined
    ? undefined
    : new KafkaStack(app, `kafka-${cluster}`, {
        deployment,
        cluster,
        kafka,
        image: requireImage(deployment, "kafka"),
        collectorImage: requireImage(deployment, "collector"),
      });
}

function buildMonitor(app: App, deployment: Deployment, cluster: string): MonitorStack {
  const settings = deployment.config.clusters[cluster];
  if (settings === undefined) {
    throw new LaglineError({
      code: "LAGLINE_CLUSTER_UNKNOWN",
      message: `There is no cluster ${cluster} in the configuration.`,
    });
  }
  return new MonitorStack(app, `monitor-${cluster}`, {
    deployment,
    cluster,
    settings,
    burrowImage: settings.burrow.managed === undefined ? "" : requireImage(deployment, "burrow"),
    collectorImage: requireImage(deployment, "collector"),
  });
}

function buildDemo(app: App, deployment: Deployment, cluster: string): DemoStack | undefined {
  const { demo, clusters } = deployment.config;
  const settings = clusters[cluster];
  return demo?.cluster !== cluster || settings === undefined
    ? undefined
    : new DemoStack(app, `demo-${cluster}`, {
        deployment,
        cluster,
        seed: demo.seed,
        topicRefreshSeconds: settings.burrow.managed?.topic_refresh_seconds ?? 0,
        bootstrapServers: bootstrapServers(cluster, settings),
        image: requireImage(deployment, "collector"),
      });
}

function buildCanary(app: App, deployment: Deployment, cluster: string): CanaryStack | undefined {
  const { alerts, clusters } = deployment.config;
  const settings = clusters[cluster];
  return alerts.canary?.cluster !== cluster || settings === undefined
    ? undefined
    : new CanaryStack(app, `canary-${cluster}`, {
        deployment,
        cluster,
        settings,
        image: requireImage(deployment, "collector"),
      });
}

/**
 * Left out where no image of Grafana can be had: it has no build from packages, and the rest must not wait for it. The
 * relay stands beside it, or alone where Grafana is somewhere else.
 */
function buildGrafana(app: App, deployment: Deployment): GrafanaStack | RelayStack | undefined {
  const grafana = deployment.config.grafana.managed;
  const image = deployment.images.grafana;
  const relayImage = usesRelay(deployment.config) ? requireImage(deployment, "collector") : undefined;
  if (grafana === undefined) {
    return relayImage === undefined
      ? undefined
      : new RelayStack(app, "relay", { deployment, image: relayImage });
  }
  return image === undefined
    ? undefined
    : new GrafanaStack(app, GRAFANA_STACK, {
        deployment,
        grafana,
        image,
        ...(relayImage === undefined ? {} : { relayImage }),
      });
}

function requireImage(deployment: Deployment, component: Component): string {
  const image = deployment.images[component];
  if (image === undefined) {
    throw new LaglineError({
      code: "LAGLINE_IMAGE_MISSING",
      message: `The deployment needs an image of ${component}, and none is known on this host.`,
      hint: "Run `lagline prepare`, which pulls or builds it, or set images.references in lagline.yaml.",
    });
  }
  return image;
}
