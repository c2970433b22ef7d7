/** Pulls upstream images, and finds out quickly when their registry cannot be reached. */
import { execa } from "execa";
import { LaglineError } from "../../../model/errors.ts";
import { redact } from "../commands.ts";
import type { PlatformContext } from "../context.ts";
import { findImage } from "./docker.ts";

/** The engine must have named the image by then; layers may take longer. */
const FIRST_ANSWER_MS = 20_000;
const PULL_TIMEOUT_MS = 30 * 60 * 1000;

/** Registries that did not answer in this run, so that the next image does not wait again. */
export type UnreachableRegistries = Map<string, string>;

export type PullResult = { readonly pulled: true } | { readonly pulled: false; readonly reason: string };

export async function pullImage(
  context: PlatformContext,
  reference: string,
  unreachable: UnreachableRegistries,
): Promise<PullResult> {
  if ((await findImage(reference, context.signal)) !== undefined) return { pulled: true };
  const registry = registryOf(reference);
  const known = unreachable.get(registry);
  if (known !== undefined) return { pulled: false, reason: known };
  return context.progress.step(`Pull ${reference}`, async (step) => {
    const result = await pull(reference, context.signal);
    if (!result.pulled) {
      if (isConnectionFailure(result.reason)) unreachable.set(registry, result.reason);
      step.note(`not available: ${result.reason}`);
    }
    return result;
  });
}

/** The part of a reference that names the registry; Docker's own when it names none. */
export function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isRegistry ? first : "docker.io";
}

export function isConnectionFailure(reason: string): boolean {
  return /no such host|timeout|timed out|connection refused|unreachable|i\/o|tls|x509|no answer|EOF/i.test(
    reason,
  );
}

export function pullFailed(reference: string, reason: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_IMAGE_NOT_PULLED",
    message: `The image "${reference}" could not be pulled (${reason}).`,
    hint: 'Make its registry reachable for the Docker engine, or set images.source to "auto" or "local" to build it on this host.',
    retryable: true,
  });
}

/** The engine's last line without the request it made and the resolver it asked. */
export function shortenReason(line: string): string {
  const words = line
    .replace(/^Error response from daemon: /, "")
    .replace(/^Get "[^"]*": /, "")
    .replace(/ on [\d.:[\]a-f]+:53\b/, "");
  return redact(words === "" ? "the engine gave no reason" : words);
}

async function pull(reference: string, signal: AbortSignal): Promise<PullResult> {
  const firstAnswer = new AbortController();
  const timer = setTimeout(() => firstAnswer.abort(), FIRST_ANSWER_MS);
  const child = execa("docker", ["pull", reference], {
    cancelSignal: AbortSignal.any([signal, firstAnswer.signal]),
    stdin: "ignore",
    timeout: PULL_TIMEOUT_MS,
    reject: false,
  });
  child.stdout.once("data", () => clearTimeout(timer));
  const result = await child.finally(() => clearTimeout(timer));
  signal.throwIfAborted();
  if (result.exitCode === 0) return { pulled: true };
  if (firstAnswer.signal.aborted)
    return { pulled: false, reason: `no answer within ${FIRST_ANSWER_MS / 1000} s` };
  const last = result.stderr.trim().split("\n").at(-1) ?? "";
  return { pulled: false, reason: shortenReason(last) };
}
