/** The only place with versions and image names of what Lagline deploys. No I/O: stacks, scripts and tests import it. */

export const COMPONENTS = [
  "kafka",
  "elasticsearch",
  "elasticsearch-8",
  "burrow",
  "grafana",
  "collector",
] as const;
export type Component = (typeof COMPONENTS)[number];

export const LAGLINE_VERSION = "0.1.0";
export const KAFKA_VERSION = "4.2.0";
export const ELASTICSEARCH_VERSION = "9.2.0";
export const ELASTICSEARCH_8_VERSION = "8.19.8";
export const BURROW_VERSION = "1.9.6";
export const GRAFANA_VERSION = "13.2.3";

export type ImageNames = {
  readonly version: string;
  /** What upstream publishes; absent where Lagline itself is the source. */
  readonly upstream?: string;
  /** What `scripts/platform` builds on this host; absent where no package registry holds the parts. */
  readonly local?: string;
};

export const IMAGES: Readonly<Record<Component, ImageNames>> = {
  kafka: {
    version: KAFKA_VERSION,
    upstream: `apache/kafka:${KAFKA_VERSION}`,
    local: `lagline/kafka:${KAFKA_VERSION}`,
  },
  elasticsearch: {
    version: ELASTICSEARCH_VERSION,
    upstream: `docker.elastic.co/elasticsearch/elasticsearch:${ELASTICSEARCH_VERSION}`,
    local: `lagline/elasticsearch:${ELASTICSEARCH_VERSION}`,
  },
  "elasticsearch-8": {
    version: ELASTICSEARCH_8_VERSION,
    upstream: `docker.elastic.co/elasticsearch/elasticsearch:${ELASTICSEARCH_8_VERSION}`,
    local: `lagline/elasticsearch:${ELASTICSEARCH_8_VERSION}`,
  },
  burrow: {
    version: BURROW_VERSION,
    upstream: `ghcr.io/linkedin/burrow/burrow:v${BURROW_VERSION}`,
    local: `lagline/burrow:${BURROW_VERSION}`,
  },
  grafana: { version: GRAFANA_VERSION, upstream: `grafana/grafana:${GRAFANA_VERSION}` },
  collector: { version: LAGLINE_VERSION, local: `lagline/collector:${LAGLINE_VERSION}` },
};

/** Images that only other local images build on. */
export const BASE_IMAGES = {
  debianSuite: "trixie",
  base: "lagline/base:trixie",
  java: "lagline/java:21",
} as const;

export const LOG4J_VERSION = "2.25.1";

/**
 * SHA-256 of the Elasticsearch zip per version. The Maven repository publishes no checksum beside these files,
 * so Maven cannot verify them; recorded from the downloads of 2026-11-21 that passed all tests.
 */
export const ELASTICSEARCH_ZIP_SHA256: Readonly<Record<string, string>> = {
  [ELASTICSEARCH_VERSION]: "bf44938a0490ba2a303d39c9cb64b38963dd08c812ce93e10816e878585bcb6b",
  [ELASTICSEARCH_8_VERSION]: "8d943e94cef02cbceb6e39cd00175bb04e5f882fa32783a473880b8691a54376",
};

/**
 * The Terraform provider for Docker. `registry` is tried in this order where the Terraform registry answers; 3.x is not
 * in the list because it deletes stopped containers and ignores health-check changes. `local` is the prerelease name of
 * the build from the Go module in `scripts/platform/go-modules/docker-provider/go.mod`, 15 days after 4.6.0.
 */
export const DOCKER_PROVIDER = {
  source: "kreuzwerker/docker",
  registry: ["4.6.0", "4.5.0"],
  local: "4.6.1-dev",
} as const;

/** The oldest Terraform or OpenTofu that cdktf 0.21 accepts. */
export const TERRAFORM_MINIMUM_VERSION = "1.2.0";
