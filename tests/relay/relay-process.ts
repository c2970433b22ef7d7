/** The real relay as a process of its own, with the rights of its container, on a directory that outlives it. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "esbuild";
import { PATHS } from "../../stacks/endpoints.ts";
import { RESTRICTED_ENTRYPOINT, V8_FLAGS } from "../../stacks/node-entrypoint.ts";
import { freePort } from "../support/free-port.ts";

const TOKEN = "a-token-for-tests-only";
const START_MS = 40_000;
const VOLUME = "volume";

export type RelayUnderTest = {
  readonly directory: string;
  readonly port: number;
  start(): Promise<void>;
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<number | null>;
  /** Status of the answer; 0 when there was none. */
  post(body: unknown, token?: string): Promise<number>;
  /** Value of a metric, the sum over its labels. */
  metric(name: string): Promise<number>;
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  log(): string;
  deadLetters(): readonly string[];
  dispose(): Promise<void>;
};

/** One file, so that each of many starts costs a third of what the sources cost. */
export async function bundleRelay(directory: string): Promise<string> {
  const outfile = join(directory, "relay.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "run-relay.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    // CommonJS packages inside the bundle call require.
    banner: {
      js: 'import { createRequire as relayRequire } from "node:module"; const require = relayRequire(import.meta.url);',
    },
    external: ["@node-rs/crc32", "apache-arrow"],
    logLevel: "error",
  });
  return outfile;
}

export async function createRelay(options: {
  /** From `bundleRelay`. */
  readonly program: string;
  readonly slackUrl: string;
  readonly storeUrl: string;
  readonly relay?: Readonly<Record<string, number | string>>;
  readonly alerts?: Readonly<Record<string, unknown>>;
}): Promise<RelayUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), "lagline-relay-"));
  const port = await freePort();
  mkdirSync(join(directory, "secrets"));
  mkdirSync(join(directory, VOLUME));
  writeFileSync(join(directory, "secrets/webhook"), `${options.slackUrl}\n`, { mode: 0o600 });
  writeFileSync(join(directory, "secrets/token"), `${TOKEN}\n`, { mode: 0o600 });
  const config = {
    environment: "test",
    clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:1"] } } } },
    elasticsearch: { external: { url: options.storeUrl } },
    collector: { interval_seconds: 10 },
    alerts: {
      slack: { webhook_file: "secrets/webhook", delivery: "relay" },
      relay: {
        port,
        token_file: "secrets/token",
        directory: join(VOLUME, "relay"),
        message_gap_seconds: 0.02,
        retry_maximum_seconds: 0.3,
        request_timeout_seconds: 0.5,
        ...options.relay,
      },
      ...options.alerts,
    },
  };
  const file = join(directory, "lagline.yaml");
  writeFileSync(file, JSON.stringify(config));
  let child: ChildProcess | undefined;
  let log = "";

  async function get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5000) });
    return { status: response.status, text: await response.text() };
  }
  async function kill(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const victim = child;
    child = undefined;
    if (victim === undefined || victim.exitCode !== null) return null;
    const gone = new Promise<number | null>((resolve) => victim.once("exit", resolve));
    victim.kill(signal);
    return gone;
  }
  return {
    directory,
    port,
    get,
    kill,
    async start() {
      const begun = spawn(
        process.execPath,
        [...rightsOf(options.program, directory), options.program, file],
        {
          stdio: ["ignore", "ignore", "pipe"],
        },
      );
      child = begun;
      begun.stderr.on("data", (chunk: Buffer) => {
        log += chunk.toString("utf8");
      });
      const deadline = Date.now() + START_MS;
      while (Date.now() < deadline && begun.exitCode === null) {
        const answer = await get("/healthz").catch(() => null);
        if (answer?.status === 200) return;
        await wait(20);
      }
      throw new Error(`The relay did not start:\n${log}`);
    },
    async post(body, token = TOKEN) {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/grafana`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: typeof body === "string" ? body : JSON.stringify(body),
          signal: AbortSignal.timeout(5000),
        });
        await response.arrayBuffer();
        return response.status;
      } catch {
        return 0;
      }
    },
    async metric(name) {
      const { text } = await get("/metrics");
      const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))];
      return values.reduce((sum, [, value]) => sum + Number(value), 0);
    },
    log: () => log,
    deadLetters() {
      const folder = join(directory, VOLUME, "relay", "dead-letters");
      return readdirSync(folder).flatMap((name) =>
        readFileSync(join(folder, name), "utf8").trimEnd().split("\n"),
      );
    },
    async dispose() {
      await kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The flags of the container, with the folders of the test in place of its mounts. */
function rightsOf(program: string, directory: string): readonly string[] {
  const places = new Map([
    ["/app/", program],
    [`${PATHS.configuration}/`, join(directory, "lagline.yaml")],
    [`${PATHS.secrets}/`, `${join(directory, "secrets")}/`],
    [`${PATHS.spool}/`, `${join(directory, VOLUME)}/`],
    ["/proc/", "/proc/"],
  ]);
  return RESTRICTED_ENTRYPOINT.slice(1, -1).map((flag) => {
    const [name = "", path] = flag.split("=");
    if (path === undefined || V8_FLAGS.includes(flag)) return flag;
    const place = places.get(path);
    if (place === undefined) throw new Error(`The test has no folder for ${flag}.`);
    return `${name}=${place}`;
  });
}
