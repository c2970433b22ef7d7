/** Runs the cdktf CLI with everything it needs set, so that no verb can hang on a question or look for a registry. */
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { LoadedConfig } from "../../config/load.ts";
import { findRepositoryRoot } from "../platform/paths.ts";
import { deploymentDirectories } from "./directories.ts";

const environmentSchema = z.record(z.string(), z.string());

/** Verbs that run Terraform's init: they must not ask the registry about checksums when there is a mirror. */
const LOCKING_VERBS: ReadonlySet<string> = new Set(["deploy", "diff", "destroy", "output"]);
/** Verbs that change something: cdktf's default parallelism kills siblings when one stack fails. */
const APPLYING_VERBS: ReadonlySet<string> = new Set(["deploy", "destroy"]);

/** Flags a verb gets unless the caller gave them. */
export function completeArguments(given: readonly string[]): string[] {
  const [verb = ""] = given;
  const extra = [
    ...(LOCKING_VERBS.has(verb) ? ["--skip-provider-lock"] : []),
    ...(APPLYING_VERBS.has(verb) ? ["--auto-approve", "--parallelism=1"] : []),
  ].filter((flag) => !given.some((argument) => argument.startsWith(flag.split("=")[0] ?? flag)));
  return [...given, ...extra];
}

/** Variables for cdktf and Terraform; `prepared` comes from `lagline prepare` and names the provider mirror. */
export function cdktfEnvironment(prepared: Readonly<Record<string, string>>): Record<string, string> {
  return {
    TF_INPUT: "0",
    CI: "1",
    CHECKPOINT_DISABLE: "1",
    DISABLE_VERSION_CHECK: "1",
    CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
    ...prepared,
  };
}

export type CdktfRunOptions = {
  readonly signal?: AbortSignal;
  /** Takes output line by line; without it the caller's own streams are used. */
  readonly onLine?: (line: string) => void;
  readonly environment?: Readonly<Record<string, string>>;
};

/** Runs one verb. Returns the exit code. */
export async function runCdktf(
  { config, file }: LoadedConfig,
  given: readonly string[],
  options: CdktfRunOptions = {},
): Promise<number> {
  const root = findRepositoryRoot();
  const bin = join(root, "node_modules", ".bin");
  const { environmentFile } = deploymentDirectories(config);
  const prepared = existsSync(environmentFile)
    ? environmentSchema.parse(JSON.parse(readFileSync(environmentFile, "utf8")))
    : {};
  const child = execa(
    join(bin, "node"),
    [join(root, "node_modules", "cdktf-cli", "bundle", "bin", "cdktf"), ...completeArguments(given)],
    {
      cwd: root,
      env: {
        ...cdktfEnvironment(prepared),
        LAGLINE_CONFIG: file,
        ...options.environment,
        PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
      },
      reject: false,
      stdin: "ignore",
      ...(options.onLine === undefined ? { stdout: "inherit", stderr: "inherit" } : { all: true }),
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal, forceKillAfterDelay: 60_000 }),
    },
  );
  if (options.onLine !== undefined) {
    for await (const line of child.iterable({ from: "all" })) {
      options.onLine(line);
    }
  }
  const result = await child;
  return result.exitCode ?? 1;
}
