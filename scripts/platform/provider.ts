/** Makes the Terraform provider for Docker available: from the registry where it answers, else built from its Go module. */
import { chmod, copyFile, link, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { DOCKER_PROVIDER } from "../../stacks/versions.ts";
import { ensureCached } from "./cache.ts";
import { type CommandResult, probeCommand } from "./commands.ts";
import { createContext, type PlatformContext, type PlatformOptions } from "./context.ts";
import { ensureGoProgram } from "./go.ts";
import {
  PROVIDER_NAMESPACE,
  providerFolder,
  renderTerraformConfig,
  terraformPlatform,
} from "./terraform-config.ts";
import { ensureTerraform } from "./terraform.ts";

const DOWNLOAD_TIMEOUT_MS = 180_000;
const UNREACHABLE = /could not connect|no such host|timeout|timed out|connection refused|Client\.Timeout/i;

export type DockerProvider = {
  /** For `required_providers.docker.version`. */
  readonly version: string;
  /** For `TF_CLI_CONFIG_FILE`; both sources end in a folder on this host, so later runs need no network. */
  readonly terraformConfigFile: string;
  readonly source: "registry" | "mirror";
};

export async function ensureDockerProvider(options: PlatformOptions): Promise<DockerProvider> {
  const context = createContext(options);
  const mirrorFolder = join(context.cache, "terraform-providers");
  const platform = terraformPlatform({ platform: process.platform, arch: process.arch });
  await mkdir(mirrorFolder, { recursive: true });
  const found =
    (await findMirrored(mirrorFolder, platform)) ?? (await obtain(context, { mirrorFolder, platform }));
  return { ...found, terraformConfigFile: await writeConfig(context, mirrorFolder) };
}

type Target = { readonly mirrorFolder: string; readonly platform: string };
type Found = Omit<DockerProvider, "terraformConfigFile">;

/** What an earlier run got: the same version again, so that a deployment does not change by chance. */
async function findMirrored(mirrorFolder: string, platform: string): Promise<Found | undefined> {
  const folder = join(mirrorFolder, PROVIDER_NAMESPACE, DOCKER_PROVIDER.source);
  const names = new Set(await readdir(folder).catch(() => []));
  const released = DOCKER_PROVIDER.registry.find((version) =>
    names.has(`terraform-provider-docker_${version}_${platform}.zip`),
  );
  if (released !== undefined) return { version: released, source: "registry" };
  const built = await readdir(join(folder, DOCKER_PROVIDER.local, platform)).catch(() => []);
  return built.length === 0 ? undefined : { version: DOCKER_PROVIDER.local, source: "mirror" };
}

async function obtain(context: PlatformContext, target: Target): Promise<Found> {
  const released = await download(context, target);
  if (released !== undefined) return { version: released, source: "registry" };
  await buildIntoMirror(context, target);
  return { version: DOCKER_PROVIDER.local, source: "mirror" };
}

/** `terraform providers mirror` checks signatures and writes the packed mirror layout. */
async function download(context: PlatformContext, target: Target): Promise<string | undefined> {
  const terraform = await ensureTerraform({ signal: context.signal, environment: context.environment });
  return context.progress.step("Ask the Terraform registry for the Docker provider", async (step) => {
    for (const version of DOCKER_PROVIDER.registry) {
      const answer = await mirrorRelease(terraform.binary, { ...target, version }, context);
      if (answer.exitCode === 0) {
        step.note(`version ${version} from the registry`);
        return version;
      }
      await writeFile(step.logFile, answer.stdout + answer.stderr, { flag: "a" });
      if (UNREACHABLE.test(answer.stderr.replaceAll(/\s+/g, " "))) break;
    }
    step.note("not available there, so it is built on this host");
    return undefined;
  });
}

async function mirrorRelease(
  binary: string,
  target: Target & { version: string },
  context: PlatformContext,
): Promise<CommandResult> {
  const folder = join(context.cache, "terraform-request");
  await mkdir(folder, { recursive: true });
  const provider = { source: DOCKER_PROVIDER.source, version: target.version };
  await writeFile(
    join(folder, "main.tf.json"),
    JSON.stringify({ terraform: { required_providers: { docker: provider } } }),
  );
  return probeCommand(
    {
      file: binary,
      args: ["providers", "mirror", "-no-color", `-platform=${target.platform}`, target.mirrorFolder],
      cwd: folder,
      env: { TF_REGISTRY_DISCOVERY_RETRY: "0", TF_REGISTRY_CLIENT_TIMEOUT: "5", CHECKPOINT_DISABLE: "1" },
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    },
    context.signal,
  );
}

async function buildIntoMirror(context: PlatformContext, target: Target): Promise<void> {
  const binary = await ensureGoProgram(context, {
    module: "docker-provider",
    importPath: "github.com/terraform-providers/terraform-provider-docker",
    tags: "no_compose",
    ldflags: `-s -w -X main.version=${DOCKER_PROVIDER.local}`,
    title: "Build the Terraform provider for Docker from its Go module",
    hint: "This takes 3 to 5 minutes on two cores, once; the binary is kept.",
  });
  const folder = join(
    target.mirrorFolder,
    providerFolder(DOCKER_PROVIDER.source, DOCKER_PROVIDER.local, target.platform),
  );
  await ensureCached(folder, async (workFolder) => {
    const version = join(workFolder, target.platform);
    await mkdir(version);
    const file = join(version, `terraform-provider-docker_v${DOCKER_PROVIDER.local}`);
    // One copy on disk serves the cache and the mirror; another file system needs a second one.
    await link(binary, file).catch(async () => copyFile(binary, file));
    await chmod(file, 0o755);
    return version;
  });
}

async function writeConfig(context: PlatformContext, mirrorFolder: string): Promise<string> {
  const path = join(context.cache, "terraform.tfrc");
  const ownPath = context.environment["TF_CLI_CONFIG_FILE"] ?? join(homedir(), ".terraformrc");
  const ownConfig = ownPath === path ? "" : await readFile(ownPath, "utf8").catch(() => "");
  const text = renderTerraformConfig({ mirrorFolder, providerSource: DOCKER_PROVIDER.source, ownConfig });
  const temporary = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
  return path;
}
