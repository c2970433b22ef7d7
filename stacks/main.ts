/**
 * The program behind `cdktf.json`: reads lagline.yaml, writes the files that containers mount, synthesises the stacks.
 * The only place of `stacks/` that reads the environment: LAGLINE_CONFIG names another configuration file, LAGLINE_PURGE
 * allows volumes to be destroyed, CDKTF_OUTDIR comes from cdktf.
 */
import { resolve } from "node:path";
import { loadRunbooks } from "../alerts/index.ts";
import { loadConfig } from "../config/load.ts";
import { describeError } from "../model/errors.ts";
import { buildApp } from "./app.ts";
import { readDeployed } from "./deployed.ts";
import { deploymentFiles } from "./files/files.ts";
import { writeFiles } from "./files/write.ts";
import { withOwnRetention } from "./own-retention.ts";
import { imagesOf, readPlatform } from "./platform-file.ts";

try {
  const { config: written } = loadConfig(process.env["LAGLINE_CONFIG"] ?? "lagline.yaml");
  const directory = resolve(written.deployment.directory, written.environment);
  const platform = readPlatform(resolve(directory, "platform.json"));
  const images = imagesOf(written, platform);
  const config = withOwnRetention(written, images);
  const files = deploymentFiles(config, await loadRunbooks());
  writeFiles(resolve(directory, "files"), files);
  buildApp({
    config,
    files,
    images,
    providerVersion: platform.providerVersion,
    filesDirectory: resolve(directory, "files"),
    secretsDirectory: resolve(directory, "secrets"),
    outputDirectory: resolve(process.env["CDKTF_OUTDIR"] ?? "cdktf.out"),
    deployed: readDeployed(config),
    purge: process.env["LAGLINE_PURGE"] === "1",
  }).synth();
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 2;
}
