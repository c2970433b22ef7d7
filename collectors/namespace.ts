/** Whether the network that the collector shares with Burrow's container has gone with it. */
import { networkInterfaces } from "node:os";
import type { Config } from "../config/schema.ts";

/**
 * When the container that owns a shared network namespace goes, its interfaces go with it and loopback stays. Elsewhere
 * loopback alone says nothing: a machine without a network looks the same.
 */
export function hasLostNamespace({ collector }: Config, sidecar: boolean | undefined): boolean {
  if (sidecar !== undefined) return sidecar;
  return collector.sidecar_mode === "network-namespace" && hasOnlyLoopback();
}

function hasOnlyLoopback(): boolean {
  return Object.values(networkInterfaces()).every(
    (addresses) => addresses?.every(({ internal }) => internal) ?? true,
  );
}
