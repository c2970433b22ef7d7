/** Installs Debian packages on the host and reads the host's apt configuration. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LaglineError } from "../../model/errors.ts";
import {
  type AptSource,
  type DebianMirrors,
  findDebianMirrors,
  parseDeb822Sources,
  parseOneLineSources,
  selectTransportOptions,
} from "./apt-sources.ts";
import { type Command, probeCommand } from "./commands.ts";
import type { PlatformContext } from "./context.ts";
import { asRoot } from "./root.ts";
import type { Step } from "./progress.ts";

const APT_FOLDER = "/etc/apt";
const LOCK_RETRIES = 10;
const LOCK_WAIT_MS = 3000;

export type HostAptConfig = {
  /** Undefined where the host is no Debian. */
  readonly mirrors: DebianMirrors | undefined;
  readonly transportOptions: string;
};

/** Installs what is missing; a package that is installed costs one look. */
export async function ensurePackages(context: PlatformContext, packages: readonly string[]): Promise<void> {
  await context.aptLane(async () => {
    const missing = await findMissing(packages, context.signal);
    if (missing.length === 0) return;
    await requireApt(missing, context.signal);
    await context.progress.step(`Install ${missing.join(", ")} with apt-get`, async (step) => {
      await aptGet(step, ["update", "-q"]);
      await aptGet(step, ["install", "-y", "-q", "--no-install-recommends", ...missing]);
    });
  });
}

/** Names among `packages` that this host's apt knows (after the lists were read once). */
export async function selectKnownPackages(
  packages: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const known: string[] = [];
  for (const name of packages) {
    const answer = await probeCommand({ file: "apt-cache", args: ["show", name] }, signal);
    if (answer.exitCode === 0 && answer.stdout.includes("Package:")) known.push(name);
  }
  return known;
}

export async function updatePackageLists(context: PlatformContext): Promise<void> {
  await context.aptLane(async () => {
    await context.progress.step("Read the package lists with apt-get update", async (step) =>
      aptGet(step, ["update", "-q"]),
    );
  });
}

export async function readHostAptConfig(context: PlatformContext): Promise<HostAptConfig> {
  const [sources, host, dump] = await Promise.all([
    readSources(),
    readOsRelease(),
    probeCommand({ file: "apt-config", args: ["dump"] }, context.signal),
  ]);
  return { mirrors: findDebianMirrors(sources, host), transportOptions: selectTransportOptions(dump.stdout) };
}

export async function readOsRelease(): Promise<{ id: string; codename: string }> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return { id: field("ID"), codename: field("VERSION_CODENAME") };
}

async function readSources(): Promise<readonly AptSource[]> {
  const folder = join(APT_FOLDER, "sources.list.d");
  const names = await readdir(folder).catch(() => []);
  const sources = [...parseOneLineSources(await readOrEmpty(join(APT_FOLDER, "sources.list")))];
  for (const name of names.toSorted((left, right) => left.localeCompare(right))) {
    const text = await readOrEmpty(join(folder, name));
    if (name.endsWith(".sources")) sources.push(...parseDeb822Sources(text));
    if (name.endsWith(".list")) sources.push(...parseOneLineSources(text));
  }
  return sources;
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

async function findMissing(packages: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const name of packages) {
    const answer = await probeCommand(
      { file: "dpkg-query", args: ["-W", "-f=${db:Status-Status}", name] },
      signal,
    );
    if (answer.stdout.trim() !== "installed") missing.push(name);
  }
  return missing;
}

async function requireApt(packages: readonly string[], signal: AbortSignal): Promise<void> {
  const answer = await probeCommand({ file: "apt-get", args: ["--version"] }, signal);
  if (answer.exitCode === 0) return;
  throw new LaglineError({
    code: "LAGLINE_PLATFORM_NO_APT",
    message: `${packages.join(", ")} must be installed, but this host has no apt-get (only Debian and Ubuntu are prepared by Lagline).`,
    hint: `Install ${packages.join(", ")} with the package manager of this host and run the command again.`,
  });
}

/** Another apt may hold the lists' lock, which DPkg::Lock::Timeout does not cover: wait and try again. */
async function aptGet(step: Step, args: readonly string[]): Promise<void> {
  const command: Command = await asRoot(
    {
      file: "apt-get",
      args: ["-o", "DPkg::Lock::Timeout=120", ...args],
      env: { DEBIAN_FRONTEND: "noninteractive" },
    },
    step.signal,
  );
  for (let attempt = 1; ; attempt += 1) {
    try {
      await step.run(command);
      return;
    } catch (error) {
      const isLocked = error instanceof Error && /could not get lock|unable to lock/i.test(error.message);
      if (!isLocked || attempt === LOCK_RETRIES) throw error;
      await sleep(LOCK_WAIT_MS, undefined, { signal: step.signal });
    }
  }
}
