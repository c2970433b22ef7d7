/** `lagline notify`: starts and stops the relay. The only place of the relay that knows signals. */
import process from "node:process";
import type { Config } from "../../config/schema.ts";
import type { Listener } from "./listener.ts";
import { openListener } from "./open-listener.ts";
import { openParts } from "./open-parts.ts";

export type NotifyOptions = {
  readonly version: string;
  /** Told when the port is open; for tests. */
  readonly onListening?: (port: number) => void;
};

/**
 * Runs the relay until a signal. @returns the exit code.
 * @throws LaglineError for a configuration, file, directory or port that cannot be used.
 */
export async function runNotify(config: Config, options: NotifyOptions): Promise<number> {
  const parts = await openParts(config, options.version);
  const { relay, inbox, events, keeper, http } = parts;
  const stop = new AbortController();
  const force = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
    setTimeout(() => {
      force.abort();
    }, config.alerts.relay.stop_deadline_seconds * 1000).unref();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  const waiting = (): number => relay.waiting() + keeper.now.outbox.length;
  let listener: Listener | undefined;
  try {
    listener = await openListener(config, parts, options.version);
    const { address } = config.alerts.relay;
    events.started({ version: options.version, address, port: listener.port, waiting: waiting() });
    options.onListening?.(listener.port);
    const running = relay.run(stop.signal, force.signal);
    await aborted(stop.signal);
    // New notifications first: what is answered with 200 is on disk, everything else comes again.
    await listener.close();
    await running;
    events.stopped(waiting());
    return 0;
  } finally {
    await listener?.close();
    await inbox.close();
    await http.close();
    process.off("SIGTERM", onSignal);
    process.off("SIGINT", onSignal);
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      "abort",
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
