/** A deployment beside the shared one, of some stacks only: deployed by a test file for itself, and taken away again. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { type LoadedConfig, loadConfig } from "../../../config/load.ts";
import { runCdktf } from "../../../scripts/deploy/cdktf-run.ts";
import { deploymentDirectories } from "../../../scripts/deploy/directories.ts";
import { repositoryRoot } from "./deployment.ts";

export type SecondDeployment = {
  readonly loaded: LoadedConfig;
  /** Runs the `lagline` command with its configuration; throws with its words when it fails. */
  lagline(...given: readonly string[]): Promise<string>;
  deploy(): Promise<void>;
  remove(): Promise<void>;
};

export function secondDeployment(
  file: string,
  parts: { readonly stacks: readonly string[]; readonly folders: readonly string[] },
): SecondDeployment {
  const path = join(repositoryRoot, "tests", "integration", file);
  const loaded = loadConfig(path);
  const bin = join(repositoryRoot, "node_modules", ".bin");
  const lagline = async (...given: readonly string[]): Promise<string> => {
    const { all } = await execa(join(bin, "node"), ["scripts/lagline.ts", ...given, "--config", path], {
      cwd: repositoryRoot,
      all: true,
      stdin: "ignore",
      env: { FORCE_COLOR: "0", PATH: `${bin}:${process.env["PATH"] ?? ""}` },
    });
    return all;
  };
  const remove = async (): Promise<void> => {
    await lagline("down", "--purge", "--yes");
    for (const folder of parts.folders) {
      rmSync(join(repositoryRoot, "var", folder), { recursive: true, force: true });
    }
  };
  return {
    loaded,
    lagline,
    remove,
    async deploy() {
      // What a run left that was killed before it could clean up.
      await remove();
      await lagline("prepare");
      const lines: string[] = [];
      // A folder of its own: in the shared one another deployment's stacks would be taken for these.
      const output = `--output=${deploymentDirectories(loaded.config).synthesised}`;
      const exitCode = await runCdktf(loaded, ["deploy", ...parts.stacks, output], {
        onLine: (line) => lines.push(line),
      });
      if (exitCode !== 0) throw new Error(`The deployment failed:\n${lines.slice(-30).join("\n")}`);
    },
  };
}
