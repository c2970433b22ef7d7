import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { FakeApiKeys } from "../../tests/fakes/fake-api-keys.ts";
import { FAKE_ADMINISTRATOR, startFakeApiKeys } from "../../tests/fakes/fake-api-keys.ts";
import { renderAll } from "../render.ts";
import type { KeyRun } from "./issue.ts";
import { keyLines, keyRows } from "./list.ts";
import type { RotateOptions } from "./make.ts";
import { createKeys, rotateKeys } from "./make.ts";
import { heldKeyId, readKey } from "./key-file.ts";
import { pickTargets } from "./programs.ts";
import type { RevokeOrder } from "./revoke.ts";
import { revokeOrdered } from "./revoke.ts";
import { asAdministrator } from "./run.ts";

const COLLECTOR = "lagline-t-collector";
const DAY_MS = 86_400_000;
let folder = "";
let fake: FakeApiKeys;
let said: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "lagline-keys-"));
  fake = await startFakeApiKeys();
  said = [];
});
afterEach(async () => {
  await fake.stop();
  rmSync(folder, { recursive: true, force: true });
});

function configOf(access = `api_keys_directory: ${folder}`, more = ""): Config {
  return parseConfig(
    `environment: t
clusters: { a: { burrow: { external: { servers: ["http://burrow:1"] } } } }
elasticsearch: { external: { url: "${fake.url}", ${access} } }
deployment: { directory: ${folder}/deployment }
${more}`,
    "t.yaml",
  );
}

const file = (program: string): string => join(folder, "t", `${program}-api-key`);

type Given = {
  readonly config?: Config;
  readonly programs?: readonly string[];
  readonly password?: string;
  readonly host?: string;
  readonly signal?: AbortSignal;
};

async function act(given: Given, use: (run: KeyRun, config: Config) => Promise<void>): Promise<void> {
  const config = given.config ?? configOf();
  await asAdministrator(
    config,
    {
      administrator: {
        flags: { username: FAKE_ADMINISTRATOR.username },
        environment: { LAGLINE_ADMIN_PASSWORD: given.password ?? FAKE_ADMINISTRATOR.password },
      },
      signal: given.signal ?? AbortSignal.timeout(20_000),
      log: (sentence) => said.push(sentence),
    },
    (run) => use({ ...run, host: given.host ?? run.host }, config),
  );
}

const create = (given: Given = {}, days: number | null = null): Promise<void> =>
  act(given, (run, config) => createKeys(run, pickTargets(config, given.programs ?? []), days));
const rotate = (given: Given = {}, options: Partial<RotateOptions> = {}): Promise<void> =>
  act(given, (run, config) =>
    rotateKeys(run, pickTargets(config, given.programs ?? []), {
      graceSeconds: 0,
      keepsOlder: false,
      onWritten: async () => undefined,
      ...options,
    }),
  );
const revoke = (given: Given = {}, order: Partial<RevokeOrder> = {}): Promise<void> =>
  act(given, (run, config) =>
    revokeOrdered(run, pickTargets(config, given.programs ?? []), {
      older: false,
      ids: [],
      yes: false,
      ...order,
    }),
  );
async function list(given: Given = {}): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  await act(given, async (run, config) => {
    const targets = pickTargets(config, []);
    lines = keyLines(await keyRows(run, targets, Date.now()), { targets, warningDays: 30 });
  });
  return lines;
}
const validIds = (name = COLLECTOR): readonly string[] => fake.valid(name).map(({ id }) => id);

describe("keys are not made", () => {
  it.each([
    ["no-security", /runs without security/],
    ["switched-off", /API keys are switched off/],
    [
      "no-manage",
      /may not list API keys: .*manage_api_key.*Use a user with the cluster privilege manage_api_key/s,
    ],
    ["is-a-key", /are an API key themselves/],
    [
      "no-index-rights",
      /of no use: it lacks auto_configure on .*, create_doc on .*because the administrator does/,
    ],
  ] as const)(
    "where the administrator is refused (%s), with a sentence, and no key is left",
    async (mode, sentence) => {
      fake.mode = mode;
      await expect(create()).rejects.toSatisfy((error) => sentence.test(`${error.message} ${error.hint}`));
      expect(fake.keys.filter(({ invalidated }) => !invalidated)).toEqual([]);
      expect(readdirSync(folder, { recursive: true }).filter((name) => name !== "t")).toEqual([]);
    },
  );

  it("for a wrong password, which is not repeated", async () => {
    const attempt = create({ password: "wrong-password" });
    await expect(attempt).rejects.toThrow(
      /does not let the administrator in: unable to authenticate user \[admin\]/,
    );
    await expect(attempt).rejects.not.toThrow(/wrong-password/);
  });

  it("where nothing answers, or not with the certificate that is trusted, in the words of every other command", async () => {
    await fake.stop();
    await expect(create()).rejects.toThrow(/Elasticsearch cannot be reached \(/);
  });

  it("without a password", async () => {
    await expect(create({ password: "" })).rejects.toThrow(
      "There is no password of the administrator admin.",
    );
  });

  it("where the file cannot be written: asked before, so that no key is lost", async () => {
    mkdirSync(join(folder, "t", "collector-api-key"), { recursive: true });
    await expect(create({ programs: ["collector"] })).rejects.toThrow(
      /collector-api-key for an API key cannot be used/,
    );
    expect(fake.keys).toEqual([]);
  });

  it("for a managed Elasticsearch, unknown programs, and programs without a file: all at once", () => {
    const managed = parseConfig(
      `environment: t
clusters: { a: { burrow: { external: { servers: ["http://burrow:1"] } } } }
elasticsearch: { managed: {} }`,
      "t.yaml",
    );
    expect(() => pickTargets(managed, [])).toThrow(/managed Elasticsearch has users with passwords/);
    const single = configOf(`api_key_file: ${folder}/key`);
    expect(() => pickTargets(single, ["setup", "burrow"])).toThrow(
      /no file for the API key of the setup\. There is no program "burrow"/,
    );
    expect(() => pickTargets(configOf(`bearer_token_file: ${folder}/token`), [])).toThrow(
      /names no file for an API key/,
    );
  });

  it("next to other credentials in one configuration", () => {
    expect(() => configOf(`api_keys_directory: ${folder}, api_key_file: k, username: u`)).toThrow(
      /leave out username and api_key_file/,
    );
  });
});

describe("create", () => {
  it("makes one key per program with the roles of roles.json, for its owner only, and stays with it", async () => {
    await create();
    const config = configOf();
    const roles: unknown = JSON.parse((await renderAll(config)).get("elasticsearch/roles.json") ?? "{}");
    for (const { descriptors, program } of pickTargets(config, [])) {
      expect(roles).toMatchObject(descriptors);
      expect(statSync(file(program)).mode & 0o777).toBe(0o600);
      expect(validIds(`lagline-t-${program}`)).toEqual([heldKeyId(file(program))]);
    }
    expect(readdirSync(join(folder, "t")).toSorted()).toEqual(
      ["collector", "grafana", "reader", "setup"].map((program) => `${program}-api-key`),
    );
    expect(readFileSync(file("grafana"), "utf8")).toMatch(/^ApiKey [\w+/=]+\n$/);
    expect(fake.keys[0]?.metadata).toMatchObject({
      managed_by: "lagline",
      environment: "t",
      host: hostname(),
    });
    const before = fake.keys.length;
    await create();
    expect(fake.keys).toHaveLength(before);
  });

  it("makes one for retention where Lagline deletes by age, and for the relay where there is one", () => {
    const programs = (access: string, more = ""): readonly string[] =>
      pickTargets(configOf(access, more), []).map(({ program }) => program);
    const keys = `api_keys_directory: ${folder}`;
    expect(programs(keys)).toEqual(["collector", "setup", "reader", "grafana"]);
    const relay = `alerts: { slack: { webhook_file: ${folder}/webhook, delivery: relay } }`;
    expect(programs(`${keys} }, index: { lifecycle: lagline`, relay)).toEqual([
      "collector",
      "setup",
      "retention",
      "reader",
      "grafana",
      "relay",
    ]);
  });

  it("never prints a key", async () => {
    await create();
    await rotate();
    const printed = said.join("\n") + (await list()).join("\n");
    expect(printed).not.toBe("");
    for (const { secret } of fake.keys) expect(printed).not.toContain(secret);
    for (const program of ["collector", "grafana"]) expect(printed).not.toContain(readKey(file(program)));
  });

  it("gives the collector's key to the one file for all programs, and no other", async () => {
    const config = configOf(`api_key_file: ${folder}/own/key`);
    await create({ config });
    expect(fake.keys.map(({ name }) => name)).toEqual([COLLECTOR]);
    expect(heldKeyId(join(folder, "own/key"))).toBe(fake.keys[0]?.id);
  });

  it.each([
    ["text", "no key at all", /what it holds is no API key/],
    [
      "key",
      Buffer.from("abcdefghijklmnop:secret").toString("base64"),
      /was revoked, or is not one of lagline-t-collector/,
    ],
  ])("does not overwrite a %s that is not one of its own", async (_what, content, sentence) => {
    mkdirSync(join(folder, "t"));
    writeFileSync(file("collector"), content);
    await expect(create()).rejects.toThrow(sentence);
    expect(readFileSync(file("collector"), "utf8")).toBe(content);
    expect(fake.keys).toEqual([]);
  });

  it("says of an expired key, and of one with fewer rights than now needed, that it is to be rotated", async () => {
    await create({ programs: ["collector"] });
    fake.mode = "no-index-rights";
    await expect(create({ programs: ["collector"] })).rejects.toThrow(/lacks auto_configure on /);
    fake.mode = "all";
    const [key] = fake.keys.splice(0);
    if (key !== undefined) fake.keys.push({ ...key, expiration: Date.now() - 1 });
    await expect(create({ programs: ["collector"] })).rejects.toThrow(/has expired/);
  });
});

describe("rotate", () => {
  it("puts a new key in the file and then revokes the one before", async () => {
    await create();
    const before = heldKeyId(file("collector"));
    const valid: (readonly string[])[] = [];
    await rotate({}, { onWritten: async () => void valid.push(validIds()) });
    const after = heldKeyId(file("collector"));
    expect(after).not.toBe(before);
    expect(valid).toEqual([[before, after]]);
    expect(validIds()).toEqual([after]);
  });

  it("keeps how long keys last, unless told otherwise", async () => {
    const lasts = (): number | undefined => {
      const { creation, expiration } = fake.keys.at(-1) ?? {};
      return expiration === undefined ? undefined : Math.round((expiration - (creation ?? 0)) / DAY_MS);
    };
    const programs = ["collector"];
    await create({ programs }, 90);
    await rotate({ programs });
    expect(lasts()).toBe(90);
    await rotate({ programs }, { expiresDays: 7 });
    expect(lasts()).toBe(7);
    await rotate({ programs }, { expiresDays: null });
    expect(lasts()).toBeUndefined();
  });

  const broken = { status: 503, body: { error: { type: "unavailable", reason: "try later" }, status: 503 } };
  it.each([
    ["GET /_security/api_key", /503/, 1],
    ["POST /_security/api_key", /503/, 1],
    ["GET /_security/_authenticate", /503/, 1],
    ["POST /_security/user/_has_privileges", /503/, 1],
    ["DELETE /_security/api_key", /503/, 2],
  ])("that fails at %s leaves a file whose key works, and can be run again", async (at, sentence, left) => {
    const programs = ["collector"];
    await create({ programs });
    fake.failNext(at, broken);
    await expect(rotate({ programs })).rejects.toThrow(sentence);
    expect(validIds()).toHaveLength(left);
    expect(validIds()).toContain(heldKeyId(file("collector")));
    await rotate({ programs });
    expect(validIds()).toEqual([heldKeyId(file("collector"))]);
  });

  it("that is killed after the key was made is mended by the next one", async () => {
    const programs = ["collector"];
    await create({ programs });
    // As after a kill: the key is there, its secret is nowhere.
    const [first] = fake.keys;
    if (first !== undefined)
      fake.keys.push({ ...first, id: "lost-in-a-crash", creation: first.creation + 1 });
    await rotate({ programs });
    expect(validIds()).toEqual([heldKeyId(file("collector"))]);
  });

  it("that is stopped during the grace leaves both keys valid, and says what to do", async () => {
    const programs = ["collector"];
    await create({ programs });
    const stop = new AbortController();
    const attempt = rotate(
      { programs, signal: stop.signal },
      {
        graceSeconds: 600,
        onWritten: async () => void setTimeout(() => stop.abort(new Error("stopped")), 50),
      },
    );
    await expect(attempt).rejects.toThrow("aborted");
    expect(validIds()).toHaveLength(2);
    expect(said.join(" ")).toContain("`lagline keys revoke --older` does it");
    expect((await list()).join("\n")).toMatch(/older \(was for .*1 older key is still valid/s);
    await revoke({ programs }, { older: true });
    expect(validIds()).toEqual([heldKeyId(file("collector"))]);
  });

  it("never revokes a key of another host, or one that was made by hand", async () => {
    const programs = ["collector"];
    const other = configOf(`api_keys_directory: ${folder}/other`);
    await create({ programs, config: other, host: "other-host" });
    await create({ programs });
    fake.keys.push({ ...(fake.keys[0] ?? never()), id: "made-by-hand", metadata: null });
    await rotate({ programs });
    expect(validIds()).toHaveLength(3);
    const lines = (await list()).join("\n");
    expect(lines).toMatch(/made on other-host for .*other\/t\/collector-api-key/);
    expect(lines).toContain("not made by lagline keys");
  });

  it("by a second person at the same time is refused, and a lock that a killed one left is not", async () => {
    await create({ programs: ["collector"] });
    await rotate(
      { programs: ["collector"] },
      {
        onWritten: async () => {
          await expect(rotate({ programs: ["collector"] })).rejects.toThrow(/makes or rotates keys in/);
        },
      },
    );
    writeFileSync(
      join(folder, "t", ".lagline-keys.lock"),
      JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }),
    );
    await rotate({ programs: ["collector"] });
    expect(validIds()).toEqual([heldKeyId(file("collector"))]);
  });

  it("does not revoke what somebody else put into the file during the grace", async () => {
    const programs = ["collector"];
    await create({ programs });
    const first = heldKeyId(file("collector")) ?? "";
    const text = readFileSync(file("collector"), "utf8");
    await rotate({ programs }, { onWritten: async () => writeFileSync(file("collector"), text) });
    expect(validIds()).toContain(first);
  });

  it("follows a link, and replaces a file of which others could read", async () => {
    const programs = ["collector"];
    const config = configOf(`api_key_file: ${folder}/link`);
    writeFileSync(join(folder, "target"), "");
    chmodSync(join(folder, "target"), 0o644);
    symlinkSync(join(folder, "target"), join(folder, "link"));
    await rotate({ programs, config });
    expect(heldKeyId(join(folder, "target"))).toBe(fake.keys[0]?.id);
    expect(statSync(join(folder, "target")).mode & 0o777).toBe(0o600);
  });

  it("says of a key that was not made here that it stays valid", async () => {
    mkdirSync(join(folder, "t"));
    writeFileSync(file("collector"), Buffer.from("abcdefghijklmnop:secret").toString("base64"));
    await rotate({ programs: ["collector"] });
    expect(said.join(" ")).toContain("abcdefghijklmnop that the file held was not made here and stays valid");
  });
});

describe("list", () => {
  it("says what is to be done: keys that end soon, that are missing, and that nobody has", async () => {
    await create({ programs: ["collector"] }, 12);
    await create({ programs: ["reader"] });
    rmSync(file("reader"));
    const lines = (await list()).join("\n");
    expect(lines).toMatch(/lagline-t-collector +\S+ +\d{4}-\d\d-\d\d +in 1[12] days +in use \(/);
    expect(lines).toMatch(/The key of the collector expires in 1[12] days: lagline keys rotate collector/);
    expect(lines).toContain("No valid key of the reader is in ");
    expect(lines).toMatch(/No file here holds \S+: lagline keys revoke --id /);
  });

  it("shows no key of an environment whose name begins with this one's, and revokes none", async () => {
    await create({ programs: ["collector"] });
    const [first] = fake.keys;
    if (first !== undefined) fake.keys.push({ ...first, id: "of-another", name: "lagline-t-eu-collector" });
    expect((await list()).join("\n")).not.toContain("of-another");
    await expect(revoke({}, { ids: ["of-another"], yes: true })).rejects.toThrow("has no key of-another");
    await revoke({}, { yes: true });
    expect(validIds("lagline-t-eu-collector")).toEqual(["of-another"]);
  });

  it("is a sentence where there is none", async () => {
    expect(await list()).toEqual([expect.stringContaining("There are no API keys of this environment.")]);
  });
});

describe("revoke", () => {
  it("of a key in use wants --yes, and of one that there is not is refused", async () => {
    await create({ programs: ["collector"] });
    await expect(revoke({ programs: ["collector"] })).rejects.toThrow(/may be in use/);
    await expect(revoke({}, { ids: ["nope"] })).rejects.toThrow("This environment has no key nope.");
    expect(validIds()).toHaveLength(1);
    await revoke({ programs: ["collector"] }, { yes: true });
    expect(validIds()).toEqual([]);
  });

  it("ends the one that is named, also where the folder of the keys is gone", async () => {
    await create({ programs: ["collector"] });
    const id = heldKeyId(file("collector")) ?? "";
    rmSync(join(folder, "t"), { recursive: true });
    await revoke({}, { ids: [id] });
    expect(validIds()).toEqual([]);
  });
});

function never(): never {
  throw new Error("There is no key.");
}
