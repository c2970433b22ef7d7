import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { V8_FLAGS } from "../../stacks/node-entrypoint.ts";
import { WRAPPER_HEAD, WRAPPER_TAIL, cachePath } from "./code-cache.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lagline-code-cache-"));
  file = join(directory, "program.cjs");
  write('process.stdout.write(" runs " + require("node:path").basename(__filename));');
  execFileSync(process.execPath, [join(import.meta.dirname, "precompile.ts"), file]);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(code: string): void {
  writeFileSync(file, `${WRAPPER_HEAD}\n${code}\n${WRAPPER_TAIL}`);
}

/** Runs the program in a process of its own: `rejected` is V8's word about the cache, undefined when it was given none. */
function run(...flags: readonly string[]): string {
  const code = `import { readScript, runScript } from ${JSON.stringify(join(import.meta.dirname, "code-cache.ts"))};
    const script = readScript(${JSON.stringify(file)});
    process.stdout.write(String(script.cachedDataRejected));
    runScript(script, ${JSON.stringify(file)});`;
  return execFileSync(process.execPath, [...flags, "--input-type=module", "-e", code], { encoding: "utf8" });
}

test("a cache cut short is left aside by V8, and the program runs", () => {
  writeFileSync(cachePath(file), readFileSync(cachePath(file)).subarray(0, 100));
  expect(run()).toBe("true runs program.cjs");
});

test("the cache of another source of the same length is not even offered", () => {
  write('process.stdout.write(" RUNS " + require("node:path").basename(__filename));');
  expect(run()).toBe("undefined RUNS program.cjs");
});

test("without a cache the program runs", () => {
  rmSync(cachePath(file));
  expect(run()).toBe("undefined runs program.cjs");
});

test("a Node with other V8 flags runs the program from its source", () => {
  expect(run("--no-opt")).toBe("undefined runs program.cjs");
});

test("a Node with the flags of a container has a cache of its own", () => {
  execFileSync(process.execPath, [...V8_FLAGS, join(import.meta.dirname, "precompile.ts"), file]);
  expect(run(...V8_FLAGS)).toBe("false runs program.cjs");
  expect(run()).toBe("false runs program.cjs");
});

test("the cache is taken by the Node that wrote it", () => {
  expect(run()).toBe("false runs program.cjs");
});
