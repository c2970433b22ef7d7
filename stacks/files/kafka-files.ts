/** Files of a managed Kafka: one server.properties per process, and the topics to create. */
import { createHash } from "node:crypto";
import type { ManagedKafka } from "../../config/kafka-schema.ts";
import type { Config } from "../../config/schema.ts";
import {
  KAFKA_CONTROLLER_PORT,
  KAFKA_HOST_PORT,
  KAFKA_PORT,
  kafkaBroker,
  kafkaController,
  numbers,
  PATHS,
} from "../endpoints.ts";

type KafkaProcess = {
  readonly name: string;
  readonly roles: string;
  readonly nodeId: number;
  readonly hostPort?: number;
};

/** Controllers get node ids from 101, so that a broker keeps its id when controllers become separate. */
const FIRST_CONTROLLER_ID = 101;

export function kafkaProcesses(cluster: string, kafka: ManagedKafka): readonly KafkaProcess[] {
  const combined = kafka.controllers === "combined";
  const brokers = numbers(kafka.brokers).map((index) => ({
    name: kafkaBroker(cluster, index),
    roles: combined ? "broker,controller" : "broker",
    nodeId: index,
    hostPort: kafka.host_port + index - 1,
  }));
  const controllers = combined
    ? []
    : numbers(kafka.brokers).map((index) => ({
        name: kafkaController(cluster, index),
        roles: "controller",
        nodeId: FIRST_CONTROLLER_ID + index - 1,
      }));
  return [...controllers, ...brokers];
}

/** A KRaft cluster id (16 bytes, base64url) that is the same on every deploy of this environment. */
export function kafkaClusterId(config: Config, cluster: string): string {
  return createHash("sha256")
    .update(`${config.environment}/${cluster}`)
    .digest()
    .subarray(0, 16)
    .toString("base64url");
}

export type KafkaPropertiesInput = {
  readonly config: Config;
  readonly cluster: string;
  readonly kafka: ManagedKafka;
  readonly process: KafkaProcess;
};

export function kafkaProperties({ config, cluster, kafka, process }: KafkaPropertiesInput): string {
  const voters = kafkaProcesses(cluster, kafka)
    .filter((candidate) => candidate.roles.includes("controller"))
    .map((candidate) => `${candidate.nodeId}@${candidate.name}:${KAFKA_CONTROLLER_PORT}`);
  const settings = {
    "process.roles": process.roles,
    "node.id": process.nodeId,
    "controller.quorum.voters": voters.join(","),
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "INTERNAL:PLAINTEXT,HOST:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": PATHS.kafkaData,
    ...listeners(config, process),
    ...(process.roles.includes("broker") ? replication(kafka) : {}),
    ...kafka.options,
    ...kafka.unchecked_options,
  };
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join("\n")}\n`;
}

function listeners(config: Config, process: KafkaProcess): Record<string, string> {
  const controller = `CONTROLLER://:${KAFKA_CONTROLLER_PORT}`;
  if (!process.roles.includes("broker")) {
    return { listeners: controller };
  }
  const clients = `INTERNAL://:${KAFKA_PORT},HOST://:${KAFKA_HOST_PORT}`;
  const bound = config.deployment.bind_address;
  const advertised = bound === "0.0.0.0" ? "127.0.0.1" : bound;
  return {
    listeners: process.roles.includes("controller") ? `${clients},${controller}` : clients,
    "advertised.listeners": `INTERNAL://${process.name}:${KAFKA_PORT},HOST://${advertised}:${process.hostPort}`,
    "inter.broker.listener.name": "INTERNAL",
  };
}

/** Defaults that fit the number of brokers; Kafka's own want three. */
function replication(kafka: ManagedKafka): Record<string, number | boolean> {
  const factor = Math.min(kafka.brokers, 3);
  const inSync = factor === 3 ? 2 : 1;
  return {
    "auto.create.topics.enable": false,
    "default.replication.factor": factor,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": factor,
    "transaction.state.log.replication.factor": factor,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.replication.factor": factor,
    "share.coordinator.state.topic.min.isr": inSync,
  };
}

/** What `lagline topics` reads: the declared topics. */
export function topicsFile(kafka: ManagedKafka): string {
  return `${JSON.stringify(kafka.topics, undefined, 2)}\n`;
}
