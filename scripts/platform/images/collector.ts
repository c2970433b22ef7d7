/** `lagline/collector`: this repository's bundle with this repository's own Node. */
import { existsSync } from "node:fs";
import { chmod, copyFile, cp } from "node:fs/promises";
import { join } from "node:path";
import { V8_FLAGS } from "../../../stacks/node-entrypoint.ts";
import { BASE_IMAGES } from "../../../stacks/versions.ts";
import { LaglineError } from "../../../model/errors.ts";
import { CACHE_SUFFIX } from "../../bundle/code-cache.ts";
import { hashFile, hashFolder, type HashInput } from "../hash.ts";

// Without --enable-source-maps: it took 30 MB and a tenth of the CPU of a cycle, and the bundle keeps its names anyway.
export const COLLECTOR_DOCKERFILE = `FROM ${BASE_IMAGES.base}
COPY node /usr/local/bin/node
COPY app/ /app/
RUN install -d -o 10001 -g 10001 /var/lib/lagline
ENV NODE_ENV=production
WORKDIR /app
USER 10001:10001
ENTRYPOINT ${JSON.stringify(["node", ...V8_FLAGS, "/app/lagline.js"])}
`;

export type CollectorParts = { readonly node: string; readonly bundleFolder: string };

/** The Node that npm installed for this machine, and what `npm run build` made. */
export function findCollectorParts(root: string): CollectorParts {
  const nodeName = `node_modules/node-linux-${process.arch}/bin/node`;
  if (!existsSync(join(root, nodeName))) throw missing(nodeName, "npm ci");
  if (!existsSync(join(root, "dist", "lagline.js"))) throw missing("dist/lagline.js", "npm run build");
  return { node: join(root, nodeName), bundleFolder: join(root, "dist") };
}

/** Without the code cache: it follows from the rest, but V8 writes it differently each time. */
export async function hashCollectorParts(parts: CollectorParts): Promise<HashInput> {
  const bundle = Object.entries(await hashFolder(parts.bundleFolder));
  return {
    node: await hashFile(parts.node),
    bundle: Object.fromEntries(bundle.filter(([file]) => !file.endsWith(CACHE_SUFFIX))),
  };
}

export async function writeCollectorFiles(folder: string, parts: CollectorParts): Promise<void> {
  await copyFile(parts.node, join(folder, "node"));
  await chmod(join(folder, "node"), 0o755);
  await cp(parts.bundleFolder, join(folder, "app"), { recursive: true });
}

function missing(file: string, command: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_IMAGE_PART_MISSING",
    message: `The collector image needs "${file}", which does not exist.`,
    hint: `Run "${command}" and run the command again.`,
  });
}
