/**
 * The licences of everything that npm installs, from the lockfile: only permissive ones, but for packages that are named
 * here with a reason. Needs no network.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

/** SPDX names that ask for nothing but a notice, if anything. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Python-2.0",
  "Unlicense",
]);

/**
 * MPL-2.0 asks for the source of changed files of the package itself. None is changed, and none is part of what is
 * shipped (the bundle of `npm run build`): cdktf deploys, lightningcss belongs to the test runner.
 */
const EXCEPTIONS: readonly { readonly name: RegExp; readonly licence: string }[] = [
  { name: /^(cdktf|cdktf-cli|@cdktf\/.+)$/, licence: "MPL-2.0" },
  { name: /^lightningcss(-.+)?$/, licence: "MPL-2.0" },
  // Bundled by cdktf; its author has put it into the public domain, which has no SPDX name.
  { name: /^jsonify$/, licence: "Public Domain" },
];

/** One sentence per package that may not be used. */
export function findLicenceProblems(text: string): string[] {
  const { packages } = lockSchema.parse(JSON.parse(text));
  return Object.entries(packages).flatMap(([path, { version, license: licence, link }]) => {
    if (path === "" || link === true) return [];
    const name = path.split("node_modules/").at(-1) ?? path;
    if (licence === undefined) return [`${name} ${version} names no licence.`];
    const isKnown = EXCEPTIONS.some(
      (exception) => exception.licence === licence && exception.name.test(name),
    );
    return isKnown || isPermissive(licence)
      ? []
      : [`${name} ${version} has the licence ${licence}, which is not on the list of allowed ones.`];
  });
}

/** `A OR B` leaves the choice, `A AND B` does not; brackets only group. */
function isPermissive(expression: string): boolean {
  const choices = expression.replaceAll(/[()]/g, "").split(" OR ");
  return choices.some((choice) => choice.split(" AND ").every((name) => PERMISSIVE.has(name.trim())));
}

if (import.meta.main) {
  const problems = findLicenceProblems(readFileSync("package-lock.json", "utf8"));
  for (const problem of problems) console.error(problem);
  console.log(
    problems.length === 0 ? "Every licence is allowed." : `${problems.length} packages may not be used.`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
