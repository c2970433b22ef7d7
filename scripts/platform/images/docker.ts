/** The few words we speak with the Docker engine about images. */
import { z } from "zod";
import { probeCommand } from "../commands.ts";
import type { Step } from "../progress.ts";

export const INPUT_HASH_LABEL = "lagline.input-hash";

const ImageSchema = z.tuple([
  z.object({
    Id: z.string(),
    Created: z.string(),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  }),
]);

/** Younger images may belong to a deployment that another process is about to make. */
const OUTDATED_AFTER_MS = 60 * 60 * 1000;

export type ImageFacts = { readonly id: string; readonly created: Date; readonly inputHash?: string };

export async function findImage(reference: string, signal: AbortSignal): Promise<ImageFacts | undefined> {
  const answer = await probeCommand({ file: "docker", args: ["image", "inspect", reference] }, signal);
  if (answer.exitCode !== 0) return undefined;
  const [image] = ImageSchema.parse(JSON.parse(answer.stdout));
  const inputHash = image.Config?.Labels?.[INPUT_HASH_LABEL];
  return {
    id: image.Id,
    created: new Date(image.Created),
    ...(inputHash === undefined ? {} : { inputHash }),
  };
}

/** A root file system as an image of one layer. */
export async function importImage(
  step: Step,
  image: { reference: string; tar: string; hash: string },
): Promise<void> {
  const label = `LABEL ${INPUT_HASH_LABEL}=${image.hash}`;
  await step.run({ file: "docker", args: ["import", "--change", label, image.tar, image.reference] });
}

/** Builds a folder with a Dockerfile; works with the legacy builder and with BuildKit. */
export async function buildImage(
  step: Step,
  image: { references: readonly string[]; folder: string; hash: string },
): Promise<void> {
  const tags = image.references.flatMap((reference) => ["--tag", reference]);
  const label = `${INPUT_HASH_LABEL}=${image.hash}`;
  await step.run({ file: "docker", args: ["build", "--label", label, ...tags, image.folder] });
}

/**
 * Removes what earlier builds left under names that start with `prefix`. An image that a container uses stays, because
 * the engine refuses; one without a container stays for an hour.
 */
export async function removeOutdated(prefix: string, keepId: string, signal: AbortSignal): Promise<void> {
  const filters = ["--filter", `label=${INPUT_HASH_LABEL}`, "--filter", `reference=${prefix}*`];
  const args = ["image", "ls", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}", ...filters];
  const answer = await probeCommand({ file: "docker", args }, signal);
  for (const line of answer.stdout.split("\n").filter((text) => text !== "")) {
    const [id = "", reference = ""] = line.split(" ");
    if (id === keepId) continue;
    const image = await findImage(id, signal);
    const isOld = image !== undefined && Date.now() - image.created.getTime() > OUTDATED_AFTER_MS;
    if (isOld) await probeCommand({ file: "docker", args: ["image", "rm", reference] }, signal);
  }
}
