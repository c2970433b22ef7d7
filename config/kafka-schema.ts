/** `clusters.<name>.kafka`: a Kafka that exists, or one that a stack provisions. */
import { z } from "zod";
import {
  cpus,
  exactlyOne,
  hostPort,
  megabytes,
  nonEmpty,
  port,
  secretFile,
  tls,
  topicName,
} from "./common-schema.ts";

export const sasl = z
  .strictObject({
    mechanism: z
      .enum(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
      .describe("SASL mechanism; these three are what Burrow speaks."),
    username: nonEmpty.describe("User name."),
    password_file: secretFile.describe("File that holds the password."),
  })
  .describe("SASL credentials.");

const externalKafka = z
  .strictObject({
    bootstrap_servers: z.array(hostPort).min(1).describe("Brokers to start from, host:port."),
    version: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/, "must be a version such as 3.9.0")
      .default("2.8.0")
      .describe("Protocol ceiling for Burrow's client; any value from 2.1.0 works with Kafka 2.1 to 4.2."),
    tls: tls.optional(),
    sasl: sasl.optional(),
  })
  .describe("A Kafka that exists already.");

/** Broker options people set, by what they accept. Others go through `unchecked_options`. */
const whole = z.int();
const brokerOptions = z
  .strictObject({
    "auto.create.topics.enable": z
      .boolean()
      .optional()
      .describe("Create a topic when a client names it. Default of this deployment: false."),
    "default.replication.factor": z
      .int()
      .min(1)
      .max(3)
      .optional()
      .describe("Replicas of topics that name none."),
    "min.insync.replicas": z
      .int()
      .min(1)
      .max(3)
      .optional()
      .describe("Replicas that must have a write before acks=all succeeds."),
    "num.partitions": z.int().min(1).optional().describe("Partitions of topics that name none."),
    "offsets.topic.num.partitions": z
      .int()
      .min(1)
      .optional()
      .describe("Partitions of __consumer_offsets; cannot change once it exists."),
    "offsets.topic.replication.factor": z
      .int()
      .min(1)
      .max(3)
      .optional()
      .describe("Replicas of __consumer_offsets."),
    "offsets.retention.minutes": z
      .int()
      .min(1)
      .optional()
      .describe("How long committed offsets of an empty group are kept."),
    "transaction.state.log.replication.factor": z
      .int()
      .min(1)
      .max(3)
      .optional()
      .describe("Replicas of the transaction log."),
    "transaction.state.log.min.isr": z
      .int()
      .min(1)
      .max(3)
      .optional()
      .describe("In-sync replicas the transaction log needs."),
    "log.retention.hours": z
      .int()
      .min(-1)
      .optional()
      .describe("How long messages are kept; -1 keeps them for ever."),
    "log.retention.bytes": whole.optional().describe("Bytes kept per partition; -1 sets no bound."),
    "log.segment.bytes": z.int().min(1_048_576).optional().describe("Size of a log segment."),
    "log.cleanup.policy": z
      .enum(["delete", "compact", "compact,delete"])
      .optional()
      .describe("What happens to old messages."),
    "compression.type": z
      .enum(["producer", "gzip", "snappy", "lz4", "zstd", "uncompressed"])
      .optional()
      .describe("Compression on disk."),
    "message.max.bytes": z.int().min(1).optional().describe("Largest record batch a broker takes."),
    "replica.fetch.max.bytes": z
      .int()
      .min(1)
      .optional()
      .describe("Bytes a follower fetches per partition; at least message.max.bytes."),
    "group.initial.rebalance.delay.ms": z
      .int()
      .min(0)
      .optional()
      .describe("Wait for more members before the first rebalance."),
    "group.min.session.timeout.ms": z
      .int()
      .min(1)
      .optional()
      .describe("Shortest session timeout a consumer may ask for."),
    "group.max.session.timeout.ms": z
      .int()
      .min(1)
      .optional()
      .describe("Longest session timeout a consumer may ask for."),
    "num.network.threads": z.int().min(1).optional().describe("Threads that read and write sockets."),
    "num.io.threads": z.int().min(1).optional().describe("Threads that do the work."),
    "unclean.leader.election.enable": z
      .boolean()
      .optional()
      .describe("Allow a replica that lags to become leader, losing messages."),
    "delete.topic.enable": z.boolean().optional().describe("Allow topics to be deleted."),
  })
  .describe("Broker options, checked. Anything else goes into `unchecked_options`.");

const optionValue = z.union([z.string(), z.number(), z.boolean()]);

const topic = z
  .strictObject({
    partitions: z.int().min(1).max(10_000).default(1).describe("Partitions. Can grow later, never shrink."),
    replication_factor: z
      .int()
      .min(1)
      .max(3)
      .optional()
      .describe("Replicas. Default: one per broker, at most 3."),
    options: z.record(nonEmpty, optionValue).default({}).describe("Topic options such as retention.ms."),
  })
  .describe("A topic created after start.");

export const topics = z.record(topicName, topic);

const managedKafka = z
  .strictObject({
    brokers: z
      .union([z.literal(1), z.literal(3)])
      .default(1)
      .describe("Number of brokers: 1 or 3."),
    controllers: z
      .enum(["combined", "separate"])
      .default("combined")
      .describe(
        "`combined`: every broker is also a KRaft controller. `separate`: as many controllers as brokers beside them.",
      ),
    memory_megabytes: megabytes.default(1024).describe("Memory limit of each container; half of it is heap."),
    cpus: cpus.default(1).describe("CPU quota of each container."),
    host_port: port
      .default(19_092)
      .describe(
        "Port on this host for the first broker; the next brokers take the ports after it. Bound to 127.0.0.1.",
      ),
    options: brokerOptions.default({}),
    unchecked_options: z
      .record(nonEmpty, optionValue)
      .default({})
      .describe("Broker options passed through as they are."),
    topics: topics.default({}).describe("Topics created after start."),
  })
  .describe("A Kafka that a stack provisions (KRaft).");

export const kafka = z
  .strictObject({ external: externalKafka.optional(), managed: managedKafka.optional() })
  .superRefine(exactlyOne(["external", "managed"]))
  .describe("The Kafka cluster. Optional where only an existing Burrow is read.");

export type ManagedKafka = z.output<typeof managedKafka>;
export type ExternalKafka = z.output<typeof externalKafka>;
export type TopicConfig = z.output<typeof topic>;
