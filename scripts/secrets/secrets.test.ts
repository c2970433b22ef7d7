import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { initialiseSecrets, stageSecrets } from "./secrets.ts";

function configIn(directory: string, slack = ""): Config {
  return parseConfig(
    `environment: t
clusters: { a: { burrow: { external: { servers: ["http://127.0.0.1:1"] } } } }
elasticsearch: { external: { url: "http://127.0.0.1:2" } }
grafana: { managed: { admin_password_file: ${directory}/keys/admin } }
${slack}`,
    "t.yaml",
  );
}

const made: string[] = [];

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "lagline-secrets-"));
  made.push(directory);
  return directory;
}

afterAll(() => made.forEach((directory) => rmSync(directory, { recursive: true })));

describe("secrets", () => {
  it("refuses to stage what is missing, empty or readable by others, all at once", () => {
    const directory = temporary();
    const config = configIn(directory, `alerts: { slack: { webhook_file: ${directory}/hook } }`);
    writeFileSync(join(directory, "hook"), "");
    chmodSync(join(directory, "hook"), 0o644);
    expect(() => stageSecrets(config, join(directory, "staged"))).toThrow(
      /admin does not exist[^]*hook is empty[^]*hook can be read by others \(mode 644\)/,
    );
  });

  it("creates a password once, for its owner only, and keeps it", () => {
    const directory = temporary();
    const config = configIn(directory);
    expect(initialiseSecrets(config)).toEqual([
      `grafana.managed.admin_password_file: created ${directory}/keys/admin.`,
    ]);
    const first = readFileSync(join(directory, "keys/admin"), "utf8");
    expect(first.trim()).toHaveLength(43);
    expect(statSync(join(directory, "keys/admin")).mode & 0o777).toBe(0o600);
    expect(initialiseSecrets(config)).toEqual([
      `grafana.managed.admin_password_file: kept ${directory}/keys/admin.`,
    ]);
    expect(readFileSync(join(directory, "keys/admin"), "utf8")).toBe(first);
  });

  it("writes a rotated secret into the staged file, which running containers have mounted", () => {
    const directory = temporary();
    const config = configIn(directory);
    initialiseSecrets(config);
    const staged = join(directory, "staged");
    stageSecrets(config, staged);
    const file = join(staged, "grafana-admin-password");
    const before = statSync(file).ino;
    // A mounted file stays open in the container: what it shows is what counts.
    const mounted = openSync(file, "r");
    try {
      for (const value of ["shorter\n", `${"longer".repeat(20)}\n`]) {
        writeFileSync(join(directory, "keys/admin"), value);
        stageSecrets(config, staged);
        expect(statSync(file).ino).toBe(before);
        expect(statSync(file).mode & 0o777).toBe(0o444);
        expect(readFileSync(file, "utf8")).toBe(value);
        const seen = Buffer.alloc(200);
        expect(seen.toString("utf8", 0, readSync(mounted, seen, 0, 200, 0))).toBe(value);
      }
    } finally {
      closeSync(mounted);
    }
  });

  it("stages copies behind a folder that only its owner can enter, and removes unused ones", () => {
    const directory = temporary();
    const config = configIn(directory);
    initialiseSecrets(config);
    const staged = join(directory, "staged");
    stageSecrets(config, staged);
    writeFileSync(join(staged, "old"), "x");
    stageSecrets(config, staged);
    expect(statSync(staged).mode & 0o777).toBe(0o700);
    expect(statSync(join(staged, "grafana-admin-password")).mode & 0o777).toBe(0o444);
    expect(() => statSync(join(staged, "old"))).toThrow(/ENOENT/);
  });
});
