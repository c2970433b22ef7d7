/** Renders templates with Go's own text/template, where Go is present. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";

const SOURCE = join(import.meta.dirname, "..", "go-templates");
const outcomes = z.array(z.strictObject({ text: z.string(), error: z.string() }));

export type GoJob =
  | {
      readonly Kind: "annotation";
      readonly Text: string;
      readonly Labels: Readonly<Record<string, string>>;
      readonly Values: Readonly<Record<string, number>>;
    }
  | { readonly Kind: "message"; readonly Text: string; readonly Data: unknown };
export type GoOutcome = z.output<typeof outcomes>[number];
export type GoRenderer = {
  readonly render: (jobs: readonly GoJob[]) => Promise<readonly GoOutcome[]>;
  readonly close: () => void;
};

export async function hasGo(): Promise<boolean> {
  const { exitCode } = await execa("go", ["version"], { reject: false });
  return exitCode === 0;
}

/** Builds the program in a folder of its own, from the standard library only: no network. */
export async function buildGoRenderer(): Promise<GoRenderer> {
  const folder = mkdtempSync(join(tmpdir(), "lagline-go-templates-"));
  const binary = join(folder, "render");
  await execa("go", ["build", "-mod=readonly", "-buildvcs=false", "-o", binary, "."], {
    cwd: SOURCE,
    env: { CGO_ENABLED: "0", GOFLAGS: "", GOPROXY: "off", GOTOOLCHAIN: "local" },
  });
  if (!existsSync(binary)) throw new Error("Go built nothing.");
  return {
    render: async (jobs) => {
      const { stdout } = await execa(binary, { input: JSON.stringify(jobs), maxBuffer: 64 * 1024 * 1024 });
      return outcomes.parse(JSON.parse(stdout));
    },
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
