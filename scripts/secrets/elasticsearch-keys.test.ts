import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { elasticsearchKeyFiles } from "../../config/elasticsearch-access.ts";
import type { ElasticsearchKeyFiles } from "../../config/elasticsearch-access.ts";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { ACCESS_USER_NAMES } from "../../model/access.ts";
import { ensureElasticsearchKeys, rotateElasticsearchKeys } from "./elasticsearch-keys.ts";
import { fitsPassword, hashPassword } from "./password-hashes.ts";
import { parseOrder } from "./rotate.ts";

const DAY_MS = 86_400_000;
const NOW = Date.now();
let directory = "";
let config: Config;
let files: ElasticsearchKeyFiles;

function configIn(folder: string, more = ""): Config {
  return parseConfig(
    `environment: t
clusters: { a: { burrow: { external: { servers: ["http://burrow:1"] } } } }
elasticsearch: { managed: { nodes: 3, security: { directory: ${folder}/keys ${more} } } }`,
    "t.yaml",
  );
}

function filesOf(value: Config): ElasticsearchKeyFiles {
  const found = elasticsearchKeyFiles(value);
  if (found === undefined) throw new Error("Security is off.");
  return found;
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lagline-keys-"));
  config = configIn(directory);
  files = filesOf(config);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const read = (path: string): string => readFileSync(path, "utf8");
const certificate = (path: string): X509Certificate =>
  new X509Certificate(/-----BEGIN CERT[^]+/.exec(read(path))?.[0] ?? "");
const contents = (): Map<string, string> =>
  new Map(readdirSync(files.directory).map((name) => [name, read(join(files.directory, name))]));

describe("keys of a managed Elasticsearch", () => {
  it("are nothing where security is off", () => {
    const off = configIn(directory, ", enabled: false");
    expect(ensureElasticsearchKeys(off)).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("are made once, for their owner only, and stay as they are", () => {
    expect(ensureElasticsearchKeys(config)).toHaveLength(ACCESS_USER_NAMES.length + 1 + 3);
    const first = contents();
    expect(first.size).toBe(ACCESS_USER_NAMES.length + 1 + 2 + 3);
    const modes = [...first.keys()].map((name) => statSync(join(files.directory, name)).mode & 0o777);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    expect(statSync(files.directory).mode & 0o777).toBe(0o700);
    expect(ensureElasticsearchKeys(config)).toEqual([]);
    expect(contents()).toEqual(first);
  });

  it("let in whom the passwords belong to, and nobody by another's", () => {
    ensureElasticsearchKeys(config);
    const hashes = new Map(
      read(files.users)
        .trim()
        .split("\n")
        .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)] as const),
    );
    const passwords = ACCESS_USER_NAMES.map((user) => read(files.password(user)).trim());
    expect(new Set(passwords).size).toBe(passwords.length);
    ACCESS_USER_NAMES.forEach((user, index) => {
      const fitting = passwords.filter((password) =>
        fitsPassword(hashes.get(`lagline-${user}`) ?? "", password),
      );
      expect(fitting).toEqual([passwords[index]]);
    });
  });

  it("certify every name under which a node is reached, with a key of its own, and nothing else", () => {
    const named = configIn(directory, ', host_names: ["search.example", "192.0.2.7", "2001:db8::7"]');
    ensureElasticsearchKeys(named);
    const authority = certificate(files.authority);
    expect(authority.ca).toBe(true);
    for (const index of [1, 2, 3]) {
      const path = files.node(`elasticsearch-${index}`);
      const node = certificate(path);
      expect(node.ca).toBe(false);
      expect(node.verify(authority.publicKey)).toBe(true);
      expect(node.checkIssued(authority)).toBe(true);
      expect(node.checkPrivateKey(createPrivateKey(read(path)))).toBe(true);
      for (const name of [`elasticsearch-${index}`, "localhost", "search.example"]) {
        expect(node.checkHost(name)).toBe(name);
      }
      for (const address of ["127.0.0.1", "192.0.2.7", "2001:db8::7"]) {
        expect(node.checkIP(address)).toBe(address);
      }
      expect(node.checkHost("elasticsearch-9")).toBeUndefined();
    }
    const before = contents();
    expect(ensureElasticsearchKeys(named)).toEqual([]);
    expect(contents()).toEqual(before);
  });

  it("are renewed when a third of their time is left, and for a new name", () => {
    ensureElasticsearchKeys(config, NOW);
    const days = (Date.parse(certificate(files.node("elasticsearch-1")).validTo) - NOW) / DAY_MS;
    expect(days).toBeGreaterThan(824);
    expect(ensureElasticsearchKeys(config, NOW + 549 * DAY_MS)).toEqual([]);
    expect(ensureElasticsearchKeys(config, NOW + 552 * DAY_MS)).toHaveLength(3);
    expect(ensureElasticsearchKeys(configIn(directory, ', host_names: ["search.example"]'))).toHaveLength(3);
  });

  it("get a new authority before a node's certificate could outlive it, and then certificates by it", () => {
    ensureElasticsearchKeys(config, NOW);
    expect(ensureElasticsearchKeys(config, NOW + (3650 - 825) * DAY_MS)).toHaveLength(1 + 3);
    const authority = certificate(files.authority);
    expect(certificate(files.node("elasticsearch-2")).verify(authority.publicKey)).toBe(true);
  });

  it("are mended after a crash between key and certificate, and after a hand that mixed files", () => {
    ensureElasticsearchKeys(config);
    const other = configIn(join(directory, "other"));
    ensureElasticsearchKeys(other);
    writeFileSync(files.authorityKey, read(filesOf(other).authorityKey));
    expect(ensureElasticsearchKeys(config)).toHaveLength(1 + 3);
    writeFileSync(files.node("elasticsearch-1"), read(filesOf(other).node("elasticsearch-1")));
    writeFileSync(files.node("elasticsearch-2"), "");
    expect(ensureElasticsearchKeys(config)).toHaveLength(2);
    expect(ensureElasticsearchKeys(config)).toEqual([]);
  });

  it("follow a password that a person wrote, and keep the hashes of the others", () => {
    ensureElasticsearchKeys(config);
    const before = read(files.users).split("\n");
    writeFileSync(files.password("grafana"), "a password of somebody's own\n");
    ensureElasticsearchKeys(config);
    const after = read(files.users).split("\n");
    const changed = after.filter((line, index) => line !== before[index]);
    expect(changed.map((line) => line.split(":")[0])).toEqual(["lagline-grafana"]);
  });
});

describe("rotation", () => {
  it("changes what it is asked for and nothing else", () => {
    ensureElasticsearchKeys(config);
    const changedBy = (order: Parameters<typeof rotateElasticsearchKeys>[1]): string[] => {
      const before = contents();
      rotateElasticsearchKeys(config, order);
      return [...contents()].filter(([name, text]) => before.get(name) !== text).map(([name]) => name);
    };
    const nodes = ["elasticsearch-1.pem", "elasticsearch-2.pem", "elasticsearch-3.pem"];
    const nothing = { users: [], certificates: false, authority: false };
    expect(changedBy({ ...nothing, users: ["grafana"] })).toEqual(["grafana-password", "users"]);
    expect(changedBy({ ...nothing, certificates: true })).toEqual(nodes);
    expect(changedBy({ ...nothing, authority: true })).toEqual(["ca.key", "ca.pem", ...nodes]);
  });

  it("means every password where nothing is named, and refuses a user that there is not", () => {
    const flags = { user: [], certificates: false, authority: false };
    expect(parseOrder(flags)).toEqual({ users: ACCESS_USER_NAMES, certificates: false, authority: false });
    expect(parseOrder({ ...flags, authority: true }).users).toEqual([]);
    expect(() => parseOrder({ ...flags, user: ["root"] })).toThrow(
      /There is no user "root"; there are collector/,
    );
  });
});

describe("a password hash", () => {
  it("fits its password only, has a salt of its own, and refuses what is no hash", () => {
    const hash = hashPassword("right");
    expect(hash).toMatch(/^\{PBKDF2\}1000\$[A-Za-z0-9+/]{43}=\$[A-Za-z0-9+/]{43}=$/);
    expect(fitsPassword(hash, "right")).toBe(true);
    expect(fitsPassword(hash, "wrong")).toBe(false);
    expect(hashPassword("right")).not.toBe(hash);
    expect(fitsPassword("", "right")).toBe(false);
    expect(fitsPassword("{PBKDF2}1000$AA==$AA==", "right")).toBe(false);
  });
});
