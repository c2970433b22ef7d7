/** What the relay answers over HTTP: accepted, alive, ready. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Readiness } from "../../collectors/health-answers.ts";
import type { Config } from "../../config/schema.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { keptLetterBytes } from "./kept-letters.ts";
import { startListener } from "./listener.ts";
import type { Listener } from "./listener.ts";
import type { Parts } from "./open-parts.ts";
import { createRelayMetrics } from "./relay-metrics.ts";
import type { Relay } from "./relay.ts";
import { RELAY_LETTER_FOLDER } from "./settings.ts";
import { readToken } from "./secret-file.ts";
import { parseNotification } from "./webhook-body.ts";

/** A loop that was not seen for this long hangs. */
const HANGING_MS = 60_000;
/** Slack may fail this long before the relay calls itself not ready. */
const SLACK_FAILS_MS = 60_000;

export async function openListener(config: Config, parts: Parts, version: string): Promise<Listener> {
  const { relay, inbox, keeper, events, heartbeats } = parts;
  const { address, port, token_file: tokenFile } = config.alerts.relay;
  const metrics = await createRelayMetrics({
    version,
    state: () => keeper.now,
    inbox: () => relay.waiting(),
    oldestMs: () => oldest(inbox.stats().oldestMs, keeper.now.outbox[0]?.queuedAtMs),
    counts: events.counts,
    blind: () => Object.values(keeper.now.blind).some(({ told }) => told),
    slackFails: () => parts.sender.troubles().length > 0,
    heartbeatMs: () => heartbeats.heardAtMs,
    letterBytes: () => keptLetterBytes(join(config.alerts.relay.directory, RELAY_LETTER_FOLDER)),
    now: Date.now,
  });
  return startListener({
    address,
    port,
    token: await readToken(tokenFile),
    accept: async (body) => {
      if (isHeartbeatBody(heartbeats, body)) return;
      await inbox.accept(body, randomUUID());
    },
    liveness: () => liveness(relay),
    readiness: () => readiness(parts, config),
    metrics,
    events,
  });
}

/** Heartbeats need no disk: the next one comes in a minute. */
function isHeartbeatBody(heartbeats: Heartbeats, body: unknown): boolean {
  try {
    return heartbeats.take(parseNotification(body));
  } catch {
    // Kept and told about later: whoever knows the token is Grafana.
    return false;
  }
}

function liveness(relay: Relay): Readiness {
  const silentMs = Date.now() - relay.lastTurnMs;
  return silentMs < HANGING_MS
    ? { ready: true, reasons: [] }
    : { ready: false, reasons: [`The relay has not worked for ${Math.round(silentMs / 1000)} s.`] };
}

/** Ready means: an alert that Grafana sends now reaches people soon. */
function readiness({ sender, keeper, relay }: Parts, config: Config): Readiness {
  const nowMs = Date.now();
  const reasons = [
    ...liveness(relay).reasons,
    ...sender
      .troubles()
      .filter(({ failingSinceMs }) => nowMs - failingSinceMs >= SLACK_FAILS_MS)
      .map(
        ({ channel, failingSinceMs, reason }) =>
          `Slack${channel === "" ? "" : ` (channel ${channel})`} has not taken a message for ${Math.round((nowMs - failingSinceMs) / 1000)} s (${reason}); ${keeper.now.outbox.length} wait.`,
      ),
    ...(keeper.now.watchdogToldAtMs === null
      ? []
      : [`Grafana's watchdog was not heard for ${config.alerts.watchdog.silence_seconds} s.`]),
  ];
  return { ready: reasons.length === 0, reasons };
}

function oldest(...times: readonly (number | null | undefined)[]): number | null {
  const known = times.filter((time) => typeof time === "number");
  return known.length === 0 ? null : Math.min(...known);
}
