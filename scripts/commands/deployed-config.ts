/** The configuration as the deployment of this host means it, where there is one. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../../config/schema.ts";
import { withOwnRetention } from "../../stacks/own-retention.ts";
import { imagesOf, readPlatform } from "../../stacks/platform-file.ts";

export function asDeployed(config: Config): Config {
  const file = resolve(config.deployment.directory, config.environment, "platform.json");
  return existsSync(file) ? withOwnRetention(config, imagesOf(config, readPlatform(file))) : config;
}
