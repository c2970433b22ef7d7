/**
 * Telegraf 1.39.3, built on demand from its Go module: `full` with all plugins, as its packages and image come, or `slim`
 * with just the two plugins that do the collector's work, the smallest a user can build.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

const MODULE = "github.com/influxdata/telegraf";
export const TELEGRAF_VERSION = "1.39.3";
const SLIM_TAGS = ["-tags", "custom,inputs.burrow,outputs.elasticsearch"];

export const TELEGRAF_BUILDS = ["full", "slim"] as const;
export type TelegrafBuild = (typeof TELEGRAF_BUILDS)[number];

/** @returns the path of the program; built once, then kept in the user's cache. */
export async function ensureTelegraf(build: TelegrafBuild, say: (line: string) => void): Promise<string> {
  const folder = join(
    process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
    "lagline",
    `telegraf-${TELEGRAF_VERSION}`,
  );
  const program = join(folder, build === "full" ? "telegraf-full" : "telegraf");
  if (existsSync(program)) {
    return program;
  }
  mkdirSync(folder, { recursive: true });
  // Seen on 2 busy cores: 19 minutes with all plugins, 40 seconds with the two.
  const cost = build === "full" ? "20 minutes and several GB" : "a minute";
  say(`Building Telegraf ${TELEGRAF_VERSION} (${build}) from its Go module (about ${cost}) …`);
  const { stdout } = await execa("go", ["mod", "download", "-json", `${MODULE}@v${TELEGRAF_VERSION}`], {
    cwd: folder,
  });
  const downloaded: { Dir?: string } = JSON.parse(stdout);
  if (downloaded.Dir === undefined) {
    throw new Error(`The Go module proxy did not give ${MODULE} ${TELEGRAF_VERSION}.`);
  }
  // Built inside a copy of the module: its own go.mod and go.sum then pin everything, and only what the two plugins
  // need is downloaded. Requiring it from another module would pull the dependencies of all its plugins.
  const source = join(folder, `source-${build}`);
  cpSync(downloaded.Dir, source, { recursive: true });
  await execa("chmod", ["-R", "u+w", source]);
  await execa(
    "go",
    [
      "build",
      "-trimpath",
      "-ldflags",
      "-s -w",
      ...(build === "slim" ? SLIM_TAGS : []),
      "-o",
      program,
      "./cmd/telegraf",
    ],
    { cwd: source, env: { CGO_ENABLED: "0" } },
  );
  chmodSync(program, 0o755);
  rmSync(source, { recursive: true, force: true });
  return program;
}

/**
 * Telegraf set for this one comparison as fast as its settings allow: no host tag, large batches, what is left of a cycle
 * sent after a fifth of a second.
 */
export function telegrafConfig(options: {
  readonly burrowPort: number;
  readonly elasticsearchPort: number;
  readonly gzip: boolean;
  readonly intervalSeconds: number | null;
}): string {
  return `[agent]
  interval = "${options.intervalSeconds ?? 1}s"
  round_interval = false
  precision = "1ms"
  metric_batch_size = 5000
  metric_buffer_limit = 1000000
  flush_interval = "200ms"
  omit_hostname = true
  quiet = true
  skip_processors_after_aggregators = true

[[inputs.burrow]]
  servers = ["http://127.0.0.1:${options.burrowPort}"]
  concurrent_connections = 20

[[outputs.elasticsearch]]
  urls = ["http://127.0.0.1:${options.elasticsearchPort}"]
  index_name = "telegraf-%Y.%m.%d"
  timeout = "30s"
  enable_gzip = ${options.gzip}
  enable_sniffer = false
  health_check_interval = "0s"
  manage_template = false
`;
}
