import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findLockProblems } from "./check-lockfile.ts";

const lock = (packages: object): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { "": {}, ...packages } });
const good = { version: "2.0.0", integrity: "sha512-abc" };

describe("the lockfile gate", () => {
  it("refuses git, links, weak checksums, unknown install scripts and attacked versions", () => {
    expect(
      findLockProblems(
        lock({
          "node_modules/from-git": { ...good, resolved: "git+ssh://example.invalid/x" },
          "node_modules/linked": { ...good, link: true },
          "node_modules/weak": { version: "1.0.0", integrity: "sha1-abc" },
          "node_modules/runs": { ...good, hasInstallScript: true },
          "node_modules/a/node_modules/axios": { ...good, version: "1.14.1" },
        }),
      ),
    ).toEqual([
      "from-git comes from git+ssh:, not from the registry.",
      "from-git carries a download address; set omit-lockfile-registry-resolved in .npmrc and install again.",
      "linked is a link to a folder; only packages from the registry are allowed.",
      "weak has no sha512 checksum.",
      "runs has an install script and is not on the list of known ones.",
      "axios 1.14.1 is older than 1.18.0, the first without known attacks.",
    ]);
  });

  it("passes the project's own lockfile", () => {
    expect(findLockProblems(readFileSync("package-lock.json", "utf8"))).toEqual([]);
  });
});
