/** A managed Kafka (KRaft): controllers, brokers, then the declared topics. */
import type { ManagedKafka } from "../config/kafka-schema.ts";
import type { Construct } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import { ServiceContainer } from "./constructs/service-container.ts";
import type { Deployment } from "./deployment.ts";
import { KAFKA_HOST_PORT, KAFKA_PORT, kafkaBroker, numbers, PATHS } from "./endpoints.ts";
import { kafkaClusterId, kafkaProcesses } from "./files/kafka-files.ts";

const PROPERTIES = `${PATHS.configuration}/server.properties`;

export type KafkaStackOptions = {
  readonly deployment: Deployment;
  readonly cluster: string;
  readonly kafka: ManagedKafka;
  readonly image: string;
  readonly collectorImage: string;
};

export class KafkaStack extends BaseStack {
  constructor(scope: Construct, id: string, options: KafkaStackOptions) {
    super(scope, id, options.deployment);
    const processes = kafkaProcesses(options.cluster, options.kafka).map((process) =>
      this.#process(options, process),
    );
    this.#topics(options, processes);
  }

  #process(options: KafkaStackOptions, process: { name: string; hostPort?: number }): ServiceContainer {
    const { deployment, cluster, kafka } = options;
    const heap = Math.floor(kafka.memory_megabytes / 2);
    const id = kafkaClusterId(deployment.config, cluster);
    return new ServiceContainer(this, process.name, {
      deployment,
      name: process.name,
      image: options.image,
      user: "1000:1000",
      memoryMegabytes: kafka.memory_megabytes,
      cpus: kafka.cpus,
      // A controlled shutdown moves leadership first; Kafka's own scripts allow two minutes.
      graceSeconds: 120,
      openFiles: "inherit",
      entrypoint: ["/bin/bash", "-c"],
      command: [
        `/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id ${id} --config ${PROPERTIES} && exec /opt/kafka/bin/kafka-server-start.sh ${PROPERTIES}`,
      ],
      environment: { KAFKA_HEAP_OPTS: `-Xms${heap}m -Xmx${heap}m`, LOG_DIR: "/tmp/kafka-logs" },
      mounts: [
        { kind: "volume", volume: process.name, target: PATHS.kafkaData },
        { kind: "file", path: `kafka/${cluster}/${process.name}.properties`, target: PROPERTIES },
      ],
      tmpfs: {
        "/tmp": "rw,nosuid,nodev,noexec,size=64m,mode=1777",
        // The image declares these as volumes; without a place of their own each start would leave an anonymous one.
        "/etc/kafka/secrets": "rw,nosuid,nodev,noexec,size=1m,mode=0755",
        "/mnt/shared/config": "rw,nosuid,nodev,noexec,size=1m,mode=0755",
      },
      network: { alias: process.name },
      ...(process.hostPort === undefined
        ? {}
        : { ports: [{ internal: KAFKA_HOST_PORT, external: process.hostPort }] }),
      // An open port is enough here: the step that creates topics waits until the broker really answers.
      healthCheck: {
        command: [
          "CMD",
          "/bin/bash",
          "-c",
          `exec 3<>/dev/tcp/127.0.0.1/${process.hostPort === undefined ? 9093 : KAFKA_PORT}`,
        ],
        intervalSeconds: 2,
        startPeriodSeconds: 60,
      },
    });
  }

  #topics(
    { deployment, cluster, kafka, collectorImage }: KafkaStackOptions,
    after: readonly ServiceContainer[],
  ): ServiceContainer {
    const servers = numbers(kafka.brokers).map((index) => `${kafkaBroker(cluster, index)}:${KAFKA_PORT}`);
    return new ServiceContainer(this, "topics", {
      deployment,
      name: `topics-${cluster}`,
      image: collectorImage,
      user: "10001:10001",
      memoryMegabytes: 256,
      cpus: 1,
      graceSeconds: 10,
      command: [
        "topics",
        "--bootstrap-servers",
        servers.join(","),
        "--file",
        `${PATHS.configuration}/topics.json`,
        "--brokers",
        String(kafka.brokers),
      ],
      mounts: [
        { kind: "file", path: `kafka/${cluster}/topics.json`, target: `${PATHS.configuration}/topics.json` },
      ],
      tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=16m,mode=1777" },
      network: { alias: `topics-${cluster}` },
      after,
      oneShot: true,
    });
  }
}
