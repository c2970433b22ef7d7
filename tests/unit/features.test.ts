/** docs/features.md holds every feature and its test: each named test is one, and no suite or command is left out. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { gatherCommands } from "../../scripts/generate/commands.ts";

const root = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(root, "docs", "features.md"), "utf8");
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

/** Cells of the rows below the headings that promise something; `Left out` promises nothing. */
const promised = page.slice(0, page.indexOf("## Left out"));
const rows = promised
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (feature|command|promise) \|/.test(line))
  .map((line) => line.split(" | "));

const linked = (text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)\s]+\.test\.ts)\)/g)].map(([, file = ""]) => normalize(join("docs", file)));

test("there are rows to look at", () => {
  expect(rows.length).toBeGreaterThan(60);
});

describe("each feature has a test", () => {
  test.each(rows.map((cells) => [cells[0] ?? "", cells.at(-1) ?? ""]))("%s", (_feature, tests) => {
    const run = [...tests.matchAll(/`npm run ([\w:-]+)`/g)].map(([, name = ""]) => name);
    expect(run.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(linked(tests).length + run.length).toBeGreaterThan(0);
    const withoutTests = linked(tests).filter(
      (file) => !/^\s*(test|it)(\.each)?[.(]/m.test(readFileSync(join(root, file), "utf8")),
    );
    expect(withoutTests).toEqual([]);
  });
});

test("no suite is left out", () => {
  const files = execFileSync("git", ["ls-files", "tests/**/*.test.ts"], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter(Boolean)
    // Of the tests' own tools and of this page.
    .filter((file) => !/^tests\/(fakes|simulator|support|grafana)\/|^tests\/unit\/features/.test(file));
  const named = new Set(linked(promised));
  expect(files.filter((file) => !named.has(file))).toEqual([]);
});

test("no command is left out", () => {
  const names = gatherCommands().commands.map((command) => command.name());
  expect(names.filter((name) => !promised.includes(`lagline ${name}`))).toEqual([]);
});
