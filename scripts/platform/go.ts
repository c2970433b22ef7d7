/** Builds Go programs from the module lists in `go-modules/`, whose go.sum pins every source by hash. */
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { LaglineError } from "../../model/errors.ts";
import { ensureCached } from "./cache.ts";
import { probeCommand } from "./commands.ts";
import type { PlatformContext } from "./context.ts";
import { hashFolder, hashInputs } from "./hash.ts";
import { compareVersions } from "./versions.ts";

const GO_MINIMUM_VERSION = "1.25.8";

export type GoProgram = {
  /** Folder below `go-modules/`. */
  readonly module: string;
  readonly importPath: string;
  readonly tags?: string;
  readonly ldflags: string;
  /** What the person reads. */
  readonly title: string;
  /** A sentence before a build that takes long. */
  readonly hint?: string;
};

/** Path of the static binary, built once per module list, flags and architecture. */
export async function ensureGoProgram(context: PlatformContext, program: GoProgram): Promise<string> {
  const moduleFolder = join(import.meta.dirname, "go-modules", program.module);
  const key = hashInputs({
    files: await hashFolder(moduleFolder),
    tags: program.tags ?? "",
    ldflags: program.ldflags,
    arch: process.arch,
  });
  const path = join(context.cache, "go", `${program.module}-${key.slice(0, 16)}`);
  const result = await ensureCached(path, async (workFolder) => {
    await requireGo(context.signal);
    return build(context, { ...program, moduleFolder, workFolder });
  });
  return result.path;
}

export async function requireGo(signal: AbortSignal): Promise<void> {
  const answer = await probeCommand({ file: "go", args: ["env", "GOVERSION"] }, signal);
  const version = answer.stdout.trim().replace(/^go/, "");
  if (answer.exitCode === 0 && compareVersions(version, GO_MINIMUM_VERSION) >= 0) return;
  throw new LaglineError({
    code: "LAGLINE_PLATFORM_NO_GO",
    message:
      answer.exitCode === 0
        ? `Go ${version} is installed, but building Burrow and the Docker provider needs Go ${GO_MINIMUM_VERSION} or newer.`
        : `Go is not installed, but building Burrow and the Docker provider needs Go ${GO_MINIMUM_VERSION} or newer.`,
    hint: "Install it from https://go.dev/dl, make sure that `go version` shows it, and run the command again.",
  });
}

type BuildInputs = GoProgram & { readonly moduleFolder: string; readonly workFolder: string };

async function build(context: PlatformContext, inputs: BuildInputs): Promise<string> {
  // Go's caches grow to gigabytes for these builds: private ones, kept only when the build did not end.
  const caches = join(context.cache, "go", `caches-${inputs.module}`);
  const source = join(inputs.workFolder, "source");
  const binary = join(inputs.workFolder, "binary");
  await Promise.all([
    mkdir(caches, { recursive: true }),
    cp(inputs.moduleFolder, source, { recursive: true }),
  ]);
  if (inputs.hint !== undefined) context.progress.log(inputs.hint);
  await context.progress.step(inputs.title, async (step) => {
    await step.run({
      file: "go",
      args: [
        "build",
        "-mod=readonly",
        "-modcacherw",
        "-trimpath",
        "-buildvcs=false",
        ...(inputs.tags === undefined ? [] : ["-tags", inputs.tags]),
        "-ldflags",
        inputs.ldflags,
        "-o",
        binary,
        inputs.importPath,
      ],
      cwd: source,
      env: { CGO_ENABLED: "0", GOMODCACHE: join(caches, "mod"), GOCACHE: join(caches, "build") },
    });
  });
  await rm(caches, { recursive: true, force: true });
  return binary;
}
