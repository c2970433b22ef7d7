/** `lagline/collector`: this repository's bundle with this repository's own Node. */
import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { BASE_IMAGES } from "../../../stacks/versions.ts";
import { LaglineError } from "../../../model/errors.ts";
import { hashFile } from "../hash.ts";

export const COLLECTOR_DOCKERFILE = `FROM ${BASE_IMAGES.base}
COPY node /usr/local/bin/node
COPY app/ /app/
RUN install -d -o 10001 -g 10001 /var/lib/lagline
ENV NODE_ENV=production
WORKDIR /app
USER 10001:10001
ENTRYPOINT ["node", "--enable-source-maps", "/app/lagline.js"]
`;

export type CollectorParts = { readonly node: string; readonly bundle: readonly string[] };

/** The Node that npm installed for this machine, and the bundle of `npm run build` with its source map. */
export function findCollectorParts(root: string): CollectorParts {
  const node = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  const bundle = ["lagline.js", "lagline.js.map"]
    .map((name) => join(root, "dist", name))
    .filter((path) => existsSync(path));
  if (!existsSync(node)) throw missing(`node_modules/node-linux-${process.arch}/bin/node`, "npm ci");
  if (!existsSync(join(root, "dist", "lagline.js"))) throw missing("dist/lagline.js", "npm run build");
  return { node, bundle };
}

export async function hashCollectorParts(parts: CollectorParts): Promise<readonly string[]> {
  return Promise.all([parts.node, ...parts.bundle].map(async (path) => hashFile(path)));
}

function missing(file: string, command: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_IMAGE_PART_MISSING",
    message: `The collector image needs "${file}", which does not exist.`,
    hint: `Run "${command}" and run the command again.`,
  });
}

export async function writeCollectorFiles(folder: string, parts: CollectorParts): Promise<void> {
  await copyFile(parts.node, join(folder, "node"));
  for (const path of parts.bundle)
    await copyFile(path, join(folder, "app", path.slice(path.lastIndexOf("/") + 1)));
}
