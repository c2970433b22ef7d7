/**
 * The lockfile as a supply-chain gate that needs no network: every package with a strong checksum, none from git, a file
 * or a plain address, install scripts only where they are known, versions not below the ones with known attacks fixed.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { compareVersions } from "./platform/versions.ts";

const lockSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
      inBundle: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});

/** Packages with install scripts. None of them runs (`ignore-scripts`); all work without. */
const INSTALL_SCRIPTS: ReadonlySet<string> = new Set([
  "@cdktf/node-pty-prebuilt-multiarch",
  "esbuild",
  "fsevents",
]);
/**
 * Packages under here are fixed by a shrinkwrap inside cdktf's own packages and cannot be overridden. They run only on
 * a developer's machine, at synthesis and deploy time; docs/decisions/0002-npm-supply-chain.md has the exit.
 */
const SHRINKWRAPPED = "node_modules/@cdktf/";
/** Lowest versions without a known attack or hole; reasons in docs/decisions/0002-npm-supply-chain.md. */
const FLOORS: Readonly<Record<string, string>> = {
  axios: "1.18.0",
  "follow-redirects": "1.16.0",
  "form-data": "4.0.6",
};

export function findLockProblems(text: string): string[] {
  const lock = lockSchema.parse(JSON.parse(text));
  return Object.entries(lock.packages).flatMap(([path, entry]) => {
    const name = path.split("node_modules/").at(-1) ?? path;
    if (path === "") {
      return [];
    }
    const floor = FLOORS[name];
    return [
      ...(entry.link === true
        ? [`${name} is a link to a folder; only packages from the registry are allowed.`]
        : []),
      ...(entry.resolved !== undefined && !entry.resolved.startsWith("https://")
        ? [`${name} comes from ${entry.resolved.split(":")[0]}:, not from the registry.`]
        : []),
      ...(entry.resolved !== undefined
        ? [
            `${name} carries a download address; set omit-lockfile-registry-resolved in .npmrc and install again.`,
          ]
        : []),
      ...(entry.inBundle === true || entry.integrity?.startsWith("sha512-") === true
        ? []
        : [`${name} has no sha512 checksum.`]),
      ...(entry.hasInstallScript === true && !INSTALL_SCRIPTS.has(name)
        ? [`${name} has an install script and is not on the list of known ones.`]
        : []),
      ...(floor !== undefined &&
      !path.startsWith(SHRINKWRAPPED) &&
      compareVersions(entry.version ?? "0.0.0", floor) < 0
        ? [`${name} ${entry.version} is older than ${floor}, the first without known attacks.`]
        : []),
    ];
  });
}

if (import.meta.main) {
  const problems = findLockProblems(readFileSync("package-lock.json", "utf8"));
  for (const problem of problems) {
    console.error(problem);
  }
  console.log(
    problems.length === 0 ? "The lockfile passes." : `${problems.length} problems in package-lock.json.`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
