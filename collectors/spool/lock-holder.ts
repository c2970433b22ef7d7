/** Who holds a lock, and whether that process still runs. */
import { randomUUID } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { errorCode } from "./disk.ts";

export type Holder = {
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  /** Tells two locks of the same process apart. */
  readonly id: string;
};

/** This process, as a holder. */
export async function identify(): Promise<Holder> {
  return {
    pid: process.pid,
    startTicks: (await startTicks(process.pid)) ?? "",
    bootId: await readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
      (id) => id.trim(),
      () => "",
    ),
    pidNamespace: await readlink("/proc/self/ns/pid").catch(() => ""),
    id: randomUUID(),
  };
}

/** Undefined for text that no version of the collector wrote. */
export function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    if (!("pid" in value) || typeof value.pid !== "number") return undefined;
    const word = (name: string): string => {
      const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
      return typeof found === "string" ? found : "";
    };
    return {
      pid: value.pid,
      startTicks: word("startTicks"),
      bootId: word("bootId"),
      pidNamespace: word("pidNamespace"),
      id: word("id"),
    };
  } catch {
    return undefined;
  }
}

/** `elsewhere`: the holder runs on this machine, if it runs, but its pid means nothing here (another container). */
export async function lookFor(holder: Holder, me: Holder): Promise<"alive" | "dead" | "elsewhere"> {
  if (holder.bootId !== me.bootId) return "dead";
  if (holder.pidNamespace !== me.pidNamespace) return "elsewhere";
  const ticks = await startTicks(holder.pid);
  if (ticks !== undefined) return ticks === holder.startTicks ? "alive" : "dead";
  if (holder.startTicks !== "") return "dead";
  return signalReaches(holder.pid) ? "alive" : "dead";
}

/** Field 22 of `/proc/<pid>/stat`: when the process started, in ticks since boot. */
async function startTicks(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in field 2 may hold spaces and brackets; count from behind its end.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** For systems without /proc. */
function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}
