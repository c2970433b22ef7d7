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
import { readPlatform } from "./platform-file.ts";

try {
  const { config } = loadConfig(process.env["LAGLINE_CONFIG"] ?? "lagline.yaml");
  const directory = resolve(config.deployment.directory, config.environment);
  const files = deploymentFiles(config, await loadRunbooks());
  writeFiles(resolve(directory, "files"), files);
  const platform = readPlatform(resolve(directory, "platform.json"));
  buildApp({
    config,
    files,
    images: {
      ...platform.images,
      ...defined({ ...config.images.references, grafana: config.grafana.managed?.image }),
    },
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

/** Without the keys that were left out: a spread of undefined would hide the default. */
function defined(references: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(references).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
