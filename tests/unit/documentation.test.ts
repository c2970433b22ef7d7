import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { gatherCommands } from "../../scripts/generate/commands.ts";

const root = join(import.meta.dirname, "..", "..");
const pages = execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter(Boolean);
const read = (page: string): string => readFileSync(join(root, page), "utf8");

/** GitHub's rule: lower case, punctuation away, spaces become hyphens. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
const anchors = (page: string): ReadonlySet<string> =>
  new Set([...withoutCode(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading)));

function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```/gm, "");
}

/** What is wrong with the links of a page. */
function brokenLinks(page: string): readonly string[] {
  return [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^(https?:|mailto:)/.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(root, file))) return [`${target}: no such file`];
    return anchor === undefined || anchors(file).has(anchor) ? [] : [`${target}: no such heading`];
  });
}

describe("links between pages", () => {
  test.each(pages)("%s", (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });
});

const program = gatherCommands();
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

/** Commands of a page: lines of its shell blocks, and inline code that begins as one. */
function commandsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block = ""]) =>
    block.replaceAll("\\\n", " ").split("\n"),
  );
  const inline = [...withoutCode(text).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return [...blocks, ...inline].filter((line) =>
    /^(scripts\/|lagline |npm run |npx cdktf |node )/.test(line.trim()),
  );
}

/** What is wrong with a command; undefined where it would run. */
function commandProblem(line: string): string | undefined {
  const words =
    line
      .trim()
      .replace(/\s+[#|&;].*$/, "")
      .match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  const [first = "", second = "", ...rest] = words;
  if (first === "npm")
    return rest[0] !== undefined && scripts[rest[0]] === undefined ? `no script ${rest[0]}` : undefined;
  if (first === "npx") return undefined;
  if (first === "node") return existsSync(join(root, second)) ? undefined : `no file ${second}`;
  if (first !== "lagline" && first !== "scripts/lagline") {
    return existsSync(join(root, first)) || first.includes("*") ? undefined : `no file ${first}`;
  }
  return second === "" || second.startsWith("-") ? undefined : problemIn(program, [second, ...rest]);
}

function problemIn(command: Command, [name = "", ...rest]: readonly string[]): string | undefined {
  const found = command.commands.find((each) => each.name() === name);
  if (found === undefined) return `no command ${name}`;
  if (found.commands.length > 0 && rest.length > 0) return problemIn(found, rest);
  const unknown = rest.find((word) => word.startsWith("--") && word !== "--help" && !hasOption(found, word));
  return unknown === undefined ? undefined : `${name} has no option ${unknown}`;
}

function hasOption(command: Command, word: string): boolean {
  return command.options.some(({ long }) => long === word.split("=")[0]);
}

describe("commands in pages", () => {
  test.each([
    ["scripts/lagline nothing", "no command nothing"],
    ["lagline top --never", "top has no option --never"],
    ["lagline policy guess", "no command guess"],
    ["npm run nothing", "no script nothing"],
    ["scripts/nothing", "no file scripts/nothing"],
    ["node scripts/nothing.ts", "no file scripts/nothing.ts"],
  ])("%s would be found", (line, problem) => {
    expect(commandProblem(line)).toBe(problem);
  });

  test.each(pages)("%s", (page) => {
    const problems = commandsOf(read(page)).flatMap((line) => {
      const problem = commandProblem(line);
      return problem === undefined ? [] : [`${line}: ${problem}`];
    });
    expect(problems).toEqual([]);
  });
});

/**
 * Commands that need neither an engine nor a network: they are run as they stand, in a folder with the README's example as
 * its lagline.yaml and my.yaml. All others are only read against the program, above.
 */
const RUN =
  /^(scripts\/)?lagline (check|render --out|alerts list|alerts scenarios|secrets init|policy explain \w|import-telegraf .*--offline|\w.*--help$|--version$)/;

const toRun = [
  ...new Set(
    pages
      .flatMap((page) => commandsOf(read(page)))
      .map((line) => line.trim().replace(/\s+#.*$/, ""))
      // What is the same, once.
      .map((line) => line.replace("scripts/", "").replace(" --config lagline.yaml", ""))
      .filter((line) => RUN.test(line) && !line.includes("…") && !/[<[](?!name>)/.test(line)),
  ),
];

describe("commands that need nothing are run", () => {
  const directory = mkdtempSync(join(tmpdir(), "lagline-documentation-"));
  const [, example = ""] = /^```yaml\n([^]*?)^```/m.exec(read("README.md")) ?? [];
  beforeAll(() => {
    for (const name of ["lagline.yaml", "my.yaml"]) writeFileSync(join(directory, name), example);
    symlinkSync(join(root, "examples"), join(directory, "examples"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test("there are some of each kind", () => {
    const names = new Set(toRun.map((line) => line.split(" ")[1]));
    expect([...names]).toEqual(
      expect.arrayContaining([
        "check",
        "render",
        "alerts",
        "secrets",
        "policy",
        "import-telegraf",
        "annotate",
      ]),
    );
  });

  test.each(toRun)("%s", { timeout: 60_000 }, (line) => {
    const [, ...words] = line.replace("<name>", "existing-kafka").split(" ");
    // What the import would write must not be there yet.
    if (words[0] === "import-telegraf") rmSync(join(directory, "my.yaml"));
    const ran = spawnSync(process.execPath, [join(root, "scripts/lagline.ts"), ...words], {
      cwd: directory,
      encoding: "utf8",
      timeout: 50_000,
    });
    expect(`${ran.status} ${ran.status === 0 ? "" : ran.stderr}`).toBe("0 ");
    expect(ran.stdout).not.toBe("");
  });
});
