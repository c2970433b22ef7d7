/** `lagline/burrow`: the static Go build at the path of the upstream image. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { BASE_IMAGES, BURROW_VERSION } from "../../../stacks/versions.ts";
import type { PlatformContext } from "../context.ts";
import { ensureGoProgram } from "../go.ts";

export const BURROW_DOCKERFILE = `FROM ${BASE_IMAGES.base}
COPY burrow /app/burrow
RUN install -d /etc/burrow
WORKDIR /app
USER 10001:10001
EXPOSE 8000
CMD ["/app/burrow", "--config-dir", "/etc/burrow"]
`;

export async function ensureBurrowBinary(context: PlatformContext): Promise<string> {
  return ensureGoProgram(context, {
    module: "burrow",
    importPath: "github.com/linkedin/Burrow",
    ldflags: "-s -w",
    title: `Build Burrow ${BURROW_VERSION} from its Go module`,
  });
}

export async function writeBurrowFiles(folder: string, binary: string): Promise<void> {
  await copyFile(binary, join(folder, "burrow"));
}
