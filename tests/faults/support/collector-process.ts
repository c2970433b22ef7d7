/** A real `lagline collect` in a process of its own, with a spool of its own, that tests stop, kill and pause. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { freePort } from "../../support/free-port.ts";

const COMMAND = fileURLToPath(new URL("../../../scripts/lagline.ts", import.meta.url));

export type CollectorProcessOptions = {
  /** Folder for configuration, spool and history; the same one again is a restart. */
  readonly directory: string;
  readonly cluster: string;
  readonly burrowUrl: string;
  readonly elasticsearchUrl: string;
  /** More settings below `collector`. */
  readonly collector?: Readonly<Record<string, unknown>>;
};

export interface CollectorProcess {
  readonly child: ChildProcess;
  readonly metricsUrl: string;
  /** Everything it logged. */
  log(): string;
  /** @returns the exit code; null after a kill. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

export async function startCollector(options: CollectorProcessOptions): Promise<CollectorProcess> {
  const healthPort = await freePort();
  await mkdir(options.directory, { recursive: true });
  const file = join(options.directory, "lagline.yaml");
  const config = {
    environment: "test",
    clusters: { [options.cluster]: { burrow: { external: { servers: [options.burrowUrl] } } } },
    elasticsearch: { external: { url: options.elasticsearchUrl } },
    collector: {
      interval_seconds: 1,
      spool_directory: join(options.directory, "spool"),
      health_port: healthPort,
      sidecar_mode: "shared-network",
      ...options.collector,
    },
  };
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [COMMAND, "collect", "--config", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (part: Buffer) => {
    log += part.toString();
  });
  return {
    child,
    metricsUrl: `http://127.0.0.1:${healthPort}/metrics`,
    log: () => log,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) {
        return child.exitCode;
      }
      const closed = once(child, "close");
      child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}
