/**
 * Plays a scene in a network of its own: loopback only, with its own name server and packet filter, so that nothing of
 * the host is touched. The scene is a process, because a process cannot change its network once it runs.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { z } from "zod";

const PROGRAM = fileURLToPath(new URL("./network-scenes.ts", import.meta.url));

/** What the collector and its account look like at the end of a scene. */
const reportSchema = z.object({
  /** Sentences of the log about Elasticsearch, in order. */
  refusals: z.array(z.string()),
  recoveries: z.number(),
  /** Why ticks had no lag data. */
  failures: z.array(z.string()),
  read: z.number(),
  waiting: z.number(),
  deadLettered: z.number(),
  lost: z.number(),
  /** Documents that Elasticsearch had already when they came again. */
  duplicate: z.number(),
  reconciliation: z.object({
    lost: z.array(z.string()),
    doubled: z.array(z.string()),
    letIn: z.array(z.string()),
  }),
  /** Readings of /metrics in which documents were unaccounted for. */
  auditFaults: z.array(z.unknown()),
  /** What the scene measured beside. */
  notes: z.record(z.string(), z.number()),
});
export type SceneReport = z.output<typeof reportSchema>;

/** Root, and the commands that make and filter a network. */
export function canMakeNetworks(): boolean {
  const probe = ["ip link set lo up", "iptables -w 10 -S INPUT"].join(" && ");
  return spawnSync("unshare", ["--net", "--mount", "sh", "-c", probe]).status === 0;
}

/** @throws Error with the scene's own output when it fails. */
export async function playInOwnNetwork(scene: string, timeoutMs: number): Promise<SceneReport> {
  const folder = mkdtempSync(join(tmpdir(), "lagline-network-"));
  try {
    writeFileSync(join(folder, "resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    writeFileSync(join(folder, "nsswitch.conf"), "hosts: files dns\n");
    const steps = [
      ...["resolv.conf", "nsswitch.conf"].map(
        (name) => `{ [ ! -e /etc/${name} ] || mount --bind ${join(folder, name)} /etc/${name}; }`,
      ),
      "ip link set lo up",
      'exec "$@"',
    ];
    const { stdout } = await execa(
      "unshare",
      ["--net", "--mount", "sh", "-c", steps.join(" && "), "sh", process.execPath, PROGRAM, scene],
      { timeout: timeoutMs },
    );
    return reportSchema.parse(JSON.parse(stdout.split("\n").at(-1) ?? ""));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
