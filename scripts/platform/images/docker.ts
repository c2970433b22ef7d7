/** The few words we speak with the Docker engine about images. */
import { z } from "zod";
import { probeCommand } from "../commands.ts";
import type { Step } from "../progress.ts";

export const INPUT_HASH_LABEL = "lagline.input-hash";

const ImageSchema = z.tuple([
  z.object({
    Id: z.string(),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  }),
]);

export type ImageFacts = { readonly id: string; readonly inputHash?: string };

export async function findImage(reference: string, signal: AbortSignal): Promise<ImageFacts | undefined> {
  const answer = await probeCommand({ file: "docker", args: ["image", "inspect", reference] }, signal);
  if (answer.exitCode !== 0) return undefined;
  const [image] = ImageSchema.parse(JSON.parse(answer.stdout));
  const inputHash = image.Config?.Labels?.[INPUT_HASH_LABEL];
  return { id: image.Id, ...(inputHash === undefined ? {} : { inputHash }) };
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
  image: { reference: string; folder: string; hash: string },
): Promise<void> {
  const label = `${INPUT_HASH_LABEL}=${image.hash}`;
  await step.run({
    file: "docker",
    args: ["build", "--label", label, "--tag", image.reference, image.folder],
  });
}

/** Removes an image that a newer build replaced; one that a container still uses stays. */
export async function removeReplaced(id: string, signal: AbortSignal): Promise<void> {
  await probeCommand({ file: "docker", args: ["image", "rm", id] }, signal);
}
