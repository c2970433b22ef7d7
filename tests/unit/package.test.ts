import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
let directory: string;
let lagline: string;

type Ran = { readonly status: number; readonly text: string };

/** Runs the installed command in a folder that knows nothing of the repository. */
function run(...arguments_: readonly string[]): Ran {
  try {
    return { status: 0, text: execFileSync(lagline, arguments_, options()) };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { status, text: `${stdout}${stderr}` };
  }
}

const options = () => ({
  cwd: directory,
  encoding: "utf8" as const,
  stdio: "pipe" as const,
  timeout: 60_000,
  env: { PATH: `${join(process.execPath, "..")}:${process.env["PATH"]}`, HOME: directory },
});

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "lagline-package-"));
  execFileSync(process.execPath, [join(root, "scripts/build-bundle.ts"), join(directory, "built")], {
    ...options(),
    cwd: root,
  });
  execFileSync("npm", ["pack", "./built"], options());
  const archive = readdirSync(directory).find((name) => name.endsWith(".tgz")) ?? "";
  execFileSync(
    "npm",
    ["install", "--offline", "--no-audit", "--no-fund", "--prefix", directory, `./${archive}`],
    options(),
  );
  rmSync(join(directory, "built"), { recursive: true });
  lagline = join(directory, "node_modules/.bin/lagline");
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("the package brings no other package and nothing that runs when it is installed", () => {
  expect(readdirSync(join(directory, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
    "lagline",
  ]);
  const manifest: unknown = JSON.parse(
    readFileSync(join(directory, "node_modules/lagline/package.json"), "utf8"),
  );
  expect(manifest).not.toHaveProperty("dependencies");
  expect(manifest).not.toHaveProperty("scripts");
});

test("what needs the repository says so", () => {
  for (const command of ["up", "prepare", "down"]) {
    expect(run(command)).toMatchObject({ status: 2, text: expect.stringContaining("Clone the repository") });
  }
});

test("a first configuration is written, checked and rendered outside of the repository", () => {
  expect(run("init", "--bootstrap-servers", "kafka.invalid:9092")).toMatchObject({
    status: 0,
    text: expect.stringContaining("lagline check"),
  });
  expect(run("check").status).toBe(0);
  expect(run("render", "--out", "out")).toMatchObject({
    status: 0,
    text: expect.stringMatching(/^\d+ files in out/),
  });
  expect(readFileSync(join(directory, "out/grafana/dashboards/lagline-runbooks.json"), "utf8")).toContain(
    "Triage",
  );
});

test("the doctor and the secrets work without the deployment's own libraries", () => {
  writeFileSync(
    join(directory, "managed.yaml"),
    [
      "environment: package-test",
      'clusters: { orders: { kafka: { external: { bootstrap_servers: ["127.0.0.1:1"] } }, burrow: { managed: {} } } }',
      "elasticsearch: { managed: { security: { directory: made } } }",
    ].join("\n"),
  );
  expect(run("doctor", "--config", "managed.yaml")).toMatchObject({
    status: 1,
    text: expect.stringMatching(/^Kafka \(orders\)[^]*First broken link: Kafka/),
  });
  expect(run("secrets", "init", "--config", "managed.yaml")).toMatchObject({
    status: 0,
    text: expect.stringContaining("created"),
  });
});

test("dead letters are reached where only the bundle is, as in the containers", () => {
  writeFileSync(
    join(directory, "letters.yaml"),
    [
      "environment: test",
      'clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:1"] } } } }',
      'elasticsearch: { external: { url: "http://127.0.0.1:1" } }',
    ].join("\n"),
  );
  const list = (...words: readonly string[]): Ran =>
    run("dead-letter", "list", ...words, "--config", "letters.yaml");
  expect(list()).toEqual({ status: 0, text: "There are no dead letters of orders.\n" });
  expect(list("--relay")).toEqual({ status: 0, text: "There are no dead letters of the relay.\n" });
});

test("a bad configuration ends with exit code 2 and no stack trace", () => {
  writeFileSync(join(directory, "bad.yaml"), "environment: X\n");
  const { status, text } = run("check", "--config", "bad.yaml");
  expect(status).toBe(2);
  expect(text).not.toMatch(/\n\s+at /);
});
