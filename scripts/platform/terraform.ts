/** Finds the program that cdktf drives: Terraform or OpenTofu. */
import { z } from "zod";
import { TERRAFORM_MINIMUM_VERSION } from "../../stacks/versions.ts";
import { LaglineError } from "../../model/errors.ts";
import { probeCommand } from "./commands.ts";
import type { Environment } from "./paths.ts";
import { compareVersions } from "./versions.ts";

const VersionSchema = z.object({ terraform_version: z.string() });

export type Terraform = { readonly binary: string; readonly version: string };

/** `TERRAFORM_BINARY_NAME` decides when it is set (cdktf reads the same variable); else terraform, else tofu. */
export async function ensureTerraform(options: {
  signal: AbortSignal;
  environment?: Environment;
}): Promise<Terraform> {
  const chosen = (options.environment ?? process.env)["TERRAFORM_BINARY_NAME"];
  const candidates = chosen === undefined || chosen === "" ? ["terraform", "tofu"] : [chosen];
  for (const binary of candidates) {
    const version = await readVersion(binary, options.signal);
    if (version === undefined) continue;
    if (compareVersions(version, TERRAFORM_MINIMUM_VERSION) < 0) throw tooOld(binary, version);
    return { binary, version };
  }
  throw missing(candidates);
}

export function parseTerraformVersion(json: string): string | undefined {
  try {
    return VersionSchema.parse(JSON.parse(json)).terraform_version;
  } catch {
    return undefined;
  }
}

async function readVersion(binary: string, signal: AbortSignal): Promise<string | undefined> {
  const env = { CHECKPOINT_DISABLE: "1" };
  const answer = await probeCommand(
    { file: binary, args: ["version", "-json"], env, timeoutMs: 20_000 },
    signal,
  );
  return answer.exitCode === 0 ? parseTerraformVersion(answer.stdout) : undefined;
}

function tooOld(binary: string, version: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_TERRAFORM_TOO_OLD",
    message: `"${binary}" is version ${version}, but Lagline needs ${TERRAFORM_MINIMUM_VERSION} or newer.`,
    hint: "Install a current version (https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install) and run the command again.",
  });
}

function missing(candidates: readonly string[]): LaglineError {
  return new LaglineError({
    code: "LAGLINE_TERRAFORM_ABSENT",
    message: `cdktf needs Terraform or OpenTofu, but no working ${candidates.map((name) => `"${name}"`).join(" or ")} was found on this host.`,
    hint: "Install one (https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install) and run the command again.",
  });
}
