import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findLicenceProblems } from "./check-licences.ts";

const lock = (packages: Record<string, object>): string =>
  JSON.stringify({ packages: { "": { license: "MIT" }, ...packages } });

describe("licences", () => {
  it.each([
    ["copyleft", { license: "GPL-3.0-only" }, "a 1.0.0 has the licence GPL-3.0-only"],
    ["a licence of its own", { license: "SEE LICENSE IN LICENSE.md" }, "SEE LICENSE IN"],
    ["none", {}, "a 1.0.0 names no licence."],
    ["one that a named package may have, and this one not", { license: "MPL-2.0" }, "MPL-2.0"],
    ["two that both hold", { license: "MIT AND GPL-2.0-only" }, "MIT AND GPL-2.0-only"],
  ])("refuse a package with %s", (_what, entry, part) => {
    const problems = findLicenceProblems(
      lock({ "node_modules/b/node_modules/a": { version: "1.0.0", ...entry } }),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(part);
  });

  it("name every package that may not be used", () => {
    const packages = {
      "node_modules/a": { license: "AGPL-3.0" },
      "node_modules/b": {},
      "node_modules/c": { license: "MIT" },
    };
    expect(findLicenceProblems(lock(packages))).toHaveLength(2);
  });

  it("allow a choice of which one is allowed, and packages that are named with their reason", () => {
    const packages = {
      "node_modules/a": { license: "(GPL-2.0 OR MIT)" },
      "node_modules/cdktf": { license: "MPL-2.0" },
      "node_modules/cdktf/node_modules/jsonify": { license: "Public Domain" },
    };
    expect(findLicenceProblems(lock(packages))).toEqual([]);
  });

  it("are all allowed in this project's lockfile", () => {
    expect(findLicenceProblems(readFileSync("package-lock.json", "utf8"))).toEqual([]);
  });
});
