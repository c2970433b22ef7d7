/** Fetches artifacts with the host's own Maven and its settings. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensurePackages } from "./apt.ts";
import { probeCommand } from "./commands.ts";
import type { PlatformContext } from "./context.ts";
import type { Step } from "./progress.ts";

const DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

export type MavenArtifact = { readonly group: string; readonly name: string; readonly version: string };

export async function ensureMaven(context: PlatformContext): Promise<void> {
  const answer = await probeCommand({ file: "mvn", args: ["--version"] }, context.signal);
  if (answer.exitCode !== 0) await ensurePackages(context, ["maven"]);
}

/** Copies the artifacts with everything they need at run time to `folder`; a wrong checksum fails (`-C`). */
export async function copyDependencies(
  step: Step,
  artifacts: readonly MavenArtifact[],
  folder: string,
): Promise<void> {
  const project = `${folder}.project`;
  await mkdir(project, { recursive: true });
  await writeFile(join(project, "pom.xml"), renderPom(artifacts));
  await step.run({
    file: "mvn",
    args: [
      "-B",
      "-C",
      "-ntp",
      `${DEPENDENCY_PLUGIN}:copy-dependencies`,
      "-DincludeScope=runtime",
      `-DoutputDirectory=${folder}`,
    ],
    cwd: project,
  });
}

/** Copies one file, unverified: the caller compares it with a pinned hash, where the repository has no checksum. */
export async function copyUnverified(
  step: Step,
  artifact: MavenArtifact & { type: string },
  folder: string,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const coordinates = [artifact.group, artifact.name, artifact.version, artifact.type].join(":");
  await step.run({
    file: "mvn",
    args: [
      "-B",
      "-ntp",
      `${DEPENDENCY_PLUGIN}:copy`,
      `-Dartifact=${coordinates}`,
      `-DoutputDirectory=${folder}`,
    ],
    cwd: folder,
  });
  return join(folder, `${artifact.name}-${artifact.version}.${artifact.type}`);
}

export function renderPom(artifacts: readonly MavenArtifact[]): string {
  const dependencies = artifacts.map(
    ({ group, name, version }) =>
      `    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`,
  );
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    "  <modelVersion>4.0.0</modelVersion>",
    "  <groupId>lagline.local</groupId><artifactId>libraries</artifactId><version>1</version><packaging>pom</packaging>",
    "  <dependencies>",
    ...dependencies,
    "  </dependencies>",
    "</project>",
    "",
  ].join("\n");
}
