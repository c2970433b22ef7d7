/** What `lagline prepare` found out about this host: images and provider. Absent on a host that was never prepared. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Config } from "../config/schema.ts";
import { LaglineError } from "../model/errors.ts";
import { upstreamImages } from "./deployment.ts";
import { COMPONENTS, DOCKER_PROVIDER } from "./versions.ts";

const platformSchema = z.strictObject({
  images: z.partialRecord(z.enum(COMPONENTS), z.string().min(1)),
  providerVersion: z.string().min(1),
});

export type Platform = z.output<typeof platformSchema>;

/** Images of a deployment: those that the configuration names before those that were found. */
export function imagesOf({ images, grafana }: Config, platform: Platform): Platform["images"] {
  return { ...platform.images, ...defined({ ...images.references, grafana: grafana.managed?.image }) };
}

/** Without the keys that were left out: a spread of undefined would hide the default. */
function defined(references: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(references).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Reads the file, or answers with upstream images and the newest released provider when it is not there. */
export function readPlatform(file: string): Platform {
  if (!existsSync(file)) {
    return { images: upstreamImages(), providerVersion: DOCKER_PROVIDER.registry[0] };
  }
  const result = platformSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!result.success) {
    throw new LaglineError({
      code: "LAGLINE_PLATFORM_FILE",
      message: `${file} does not hold what \`lagline prepare\` writes.`,
      hint: "Delete it and run `lagline prepare` again.",
      cause: result.error,
    });
  }
  return result.data;
}
