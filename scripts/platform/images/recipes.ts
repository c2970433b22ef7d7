/** One recipe per local image: what goes in (hashed) and how its build folder is filled. */
import { join } from "node:path";
import {
  type Component,
  ELASTICSEARCH_8_VERSION,
  ELASTICSEARCH_VERSION,
  ELASTICSEARCH_ZIP_SHA256,
  KAFKA_VERSION,
  LOG4J_VERSION,
} from "../../../stacks/versions.ts";
import type { PlatformContext } from "../context.ts";
import { hashFolder, type HashInput } from "../hash.ts";
import { BURROW_DOCKERFILE, ensureBurrowBinary, writeBurrowFiles } from "./burrow.ts";
import {
  COLLECTOR_DOCKERFILE,
  findCollectorParts,
  hashCollectorParts,
  writeCollectorFiles,
} from "./collector.ts";
import {
  ELASTICSEARCH_DOCKERFILE,
  ensureElasticsearchZip,
  pluginDescriptor,
  writeElasticsearchFiles,
} from "./elasticsearch.ts";
import { ensureKafkaLibraries, KAFKA_DOCKERFILE, KAFKA_TOOLS, writeKafkaFiles } from "./kafka.ts";
import type { RootfsName } from "./rootfs.ts";

export type Recipe = {
  readonly base: RootfsName;
  readonly dockerfile: string;
  readonly inputs: HashInput;
  /** Fetches or builds the parts (slow, cached); returns what fills the build folder (fast). */
  readonly obtain: () => Promise<(folder: string) => Promise<void>>;
};

export type BuiltComponent = Exclude<Component, "grafana">;

export async function createRecipe(context: PlatformContext, component: BuiltComponent): Promise<Recipe> {
  switch (component) {
    case "kafka":
      return kafkaRecipe(context);
    case "elasticsearch":
      return elasticsearchRecipe(context, ELASTICSEARCH_VERSION);
    case "elasticsearch-8":
      return elasticsearchRecipe(context, ELASTICSEARCH_8_VERSION);
    case "burrow":
      return burrowRecipe(context);
    case "collector":
      return collectorRecipe(context);
  }
}

async function kafkaRecipe(context: PlatformContext): Promise<Recipe> {
  const files = await hashFolder(join(import.meta.dirname, "kafka-files"));
  return {
    base: "java",
    dockerfile: KAFKA_DOCKERFILE,
    inputs: { kafka: KAFKA_VERSION, log4j: LOG4J_VERSION, tools: KAFKA_TOOLS, files },
    obtain: async () => {
      const libraries = await ensureKafkaLibraries(context);
      return async (folder) => writeKafkaFiles(folder, libraries);
    },
  };
}

async function elasticsearchRecipe(context: PlatformContext, version: string): Promise<Recipe> {
  const files = await hashFolder(join(import.meta.dirname, "elasticsearch-files"));
  return {
    base: "java",
    dockerfile: ELASTICSEARCH_DOCKERFILE,
    inputs: { zip: ELASTICSEARCH_ZIP_SHA256[version] ?? "", files, plugin: pluginDescriptor(version) },
    obtain: async () => {
      const path = await ensureElasticsearchZip(context, version);
      return async (folder) => writeElasticsearchFiles(context, folder, { path, version });
    },
  };
}

async function burrowRecipe(context: PlatformContext): Promise<Recipe> {
  const files = await hashFolder(join(import.meta.dirname, "..", "go-modules", "burrow"));
  return {
    base: "base",
    dockerfile: BURROW_DOCKERFILE,
    inputs: { files },
    obtain: async () => {
      const binary = await ensureBurrowBinary(context);
      return async (folder) => writeBurrowFiles(folder, binary);
    },
  };
}

async function collectorRecipe(context: PlatformContext): Promise<Recipe> {
  const parts = findCollectorParts(context.root);
  const inputs = await hashCollectorParts(parts);
  return {
    base: "base",
    dockerfile: COLLECTOR_DOCKERFILE,
    inputs,
    obtain: async () => async (folder) => {
      await writeCollectorFiles(folder, parts);
    },
  };
}
