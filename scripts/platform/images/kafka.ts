/** `lagline/kafka`: the published jars with start scripts at the paths of the upstream image. */
import { chmod, cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BASE_IMAGES, KAFKA_VERSION, LOG4J_VERSION } from "../../../stacks/versions.ts";
import { ensureCached } from "../cache.ts";
import type { PlatformContext } from "../context.ts";
import { hashInputs } from "../hash.ts";
import { copyDependencies, ensureMaven, type MavenArtifact } from "../maven.ts";

const LIBRARIES: readonly MavenArtifact[] = [
  { group: "org.apache.kafka", name: "kafka_2.13", version: KAFKA_VERSION },
  { group: "org.apache.kafka", name: "kafka-tools", version: KAFKA_VERSION },
  { group: "org.apache.logging.log4j", name: "log4j-slf4j-impl", version: LOG4J_VERSION },
  { group: "org.apache.logging.log4j", name: "log4j-core", version: LOG4J_VERSION },
];

/** Script → main class, as in the upstream distribution. */
export const KAFKA_TOOLS: Readonly<Record<string, string>> = {
  "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
  "kafka-broker-api-versions.sh": "org.apache.kafka.tools.BrokerApiVersionsCommand",
  "kafka-cluster.sh": "org.apache.kafka.tools.ClusterTool",
  "kafka-configs.sh": "kafka.admin.ConfigCommand",
  "kafka-console-consumer.sh": "org.apache.kafka.tools.consumer.ConsoleConsumer",
  "kafka-console-producer.sh": "org.apache.kafka.tools.ConsoleProducer",
  "kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  "kafka-consumer-perf-test.sh": "org.apache.kafka.tools.ConsumerPerformance",
  "kafka-delete-records.sh": "org.apache.kafka.tools.DeleteRecordsCommand",
  "kafka-dump-log.sh": "kafka.tools.DumpLogSegments",
  "kafka-features.sh": "org.apache.kafka.tools.FeatureCommand",
  "kafka-get-offsets.sh": "org.apache.kafka.tools.GetOffsetShell",
  "kafka-groups.sh": "org.apache.kafka.tools.GroupsCommand",
  "kafka-leader-election.sh": "org.apache.kafka.tools.LeaderElectionCommand",
  "kafka-log-dirs.sh": "org.apache.kafka.tools.LogDirsCommand",
  "kafka-metadata-quorum.sh": "org.apache.kafka.tools.MetadataQuorumCommand",
  "kafka-producer-perf-test.sh": "org.apache.kafka.tools.ProducerPerformance",
  "kafka-reassign-partitions.sh": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
  "kafka-share-groups.sh": "org.apache.kafka.tools.consumer.group.ShareGroupCommand",
  "kafka-storage.sh": "kafka.tools.StorageTool",
  "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
};

/** Upstream's user, folders and volumes, so that one container definition fits both images. */
export const KAFKA_DOCKERFILE = `FROM ${BASE_IMAGES.java}
COPY --chown=1000:1000 kafka/ /opt/kafka/
RUN install -d -o 1000 -g 1000 /opt/kafka/logs /etc/kafka/secrets /var/lib/kafka/data /mnt/shared/config
ENV PATH=/opt/kafka/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /opt/kafka
USER 1000:1000
VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]
EXPOSE 9092
CMD ["/opt/kafka/bin/kafka-server-start.sh", "/mnt/shared/config/server.properties"]
`;

/** Jars are verified by Maven against the repository's checksums. */
export async function ensureKafkaLibraries(context: PlatformContext): Promise<string> {
  const key = hashInputs(LIBRARIES).slice(0, 16);
  const result = await ensureCached(join(context.cache, "maven", `kafka-${key}`), async (workFolder) => {
    return context.mavenLane(async () => {
      await ensureMaven(context);
      const folder = join(workFolder, "libs");
      await context.progress.step(`Fetch Kafka ${KAFKA_VERSION} with Maven`, async (step) =>
        copyDependencies(step, LIBRARIES, folder),
      );
      return folder;
    });
  });
  return result.path;
}

/** Lays out what the Dockerfile copies. */
export async function writeKafkaFiles(folder: string, libraries: string): Promise<void> {
  const home = join(folder, "kafka");
  const files = join(import.meta.dirname, "kafka-files");
  for (const name of ["bin", "config"]) await mkdir(join(home, name), { recursive: true });
  await cp(libraries, join(home, "libs"), { recursive: true });
  for (const name of ["log4j2.yaml", "tools-log4j2.yaml"])
    await cp(join(files, name), join(home, "config", name));
  const scripts = ["kafka-run-class.sh", "kafka-server-start.sh"];
  for (const name of scripts) await cp(join(files, name), join(home, "bin", name));
  for (const [name, mainClass] of Object.entries(KAFKA_TOOLS)) {
    await writeFile(join(home, "bin", name), renderTool(mainClass));
    scripts.push(name);
  }
  for (const name of scripts) await chmod(join(home, "bin", name), 0o755);
}

export function renderTool(mainClass: string): string {
  return `#!/bin/bash\nexec /opt/kafka/bin/kafka-run-class.sh ${mainClass} "$@"\n`;
}
