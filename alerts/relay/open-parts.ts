/** Opens what the relay is made of, from the configuration. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { pino } from "pino";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { createRepeatLimiter } from "../../collectors/log.ts";
import type { Logger } from "../../collectors/log.ts";
import type { DeadLetter } from "../../collectors/spool/contract.ts";
import { DeadLetterStore } from "../../collectors/spool/dead-letters.ts";
import { openDisk } from "../../collectors/spool/disk.ts";
import { documentsIndex } from "../../config/documents-index.ts";
import type { Config } from "../../config/schema.ts";
import { createChannelOf } from "./channels.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { CanaryOptions } from "./heartbeats.ts";
import { openInbox } from "./inbox.ts";
import type { Inbox } from "./inbox.ts";
import { createAskDetails } from "./read-details.ts";
import { createReading } from "./reading.ts";
import { RelayEvents } from "./relay-events.ts";
import { Relay } from "./relay.ts";
import { readSecret } from "./secret-file.ts";
import { Sender } from "./sender.ts";
import { RELAY_LETTER_FOLDER, channelNames, relayTimes, slackOf, storeOf } from "./settings.ts";
import { openState } from "./state-file.ts";
import type { StateKeeper } from "./state-file.ts";

export type Parts = {
  readonly relay: Relay;
  readonly sender: Sender;
  readonly inbox: Inbox;
  readonly keeper: StateKeeper;
  readonly events: RelayEvents;
  readonly heartbeats: Heartbeats;
  readonly http: { close(): Promise<void> };
};

/** A kind of log line repeats at most this often. */
const REPEAT_PERIOD_MS = 300_000;
const DEAD_LETTER_BYTES = 16 * 1024 * 1024;
const FIRST_DELAY_MS = 1000;
const CANARY_MARGIN_SECONDS = 900;
const now = Date.now;
const newId = randomUUID;

/** @throws LaglineError for a configuration, file or directory that cannot be used. */
export async function openParts(config: Config, version: string): Promise<Parts> {
  const repeats = createRepeatLimiter({ periodMs: REPEAT_PERIOD_MS, now });
  const events = new RelayEvents({ log: openLog(config), repeats });
  const slack = slackOf(config, now);
  const http = await createElasticsearchHttp(storeOf(config));
  const disk = await openFiles(config, { version, events });
  const { keeper, inbox, bury } = disk;
  const store = {
    http,
    index: documentsIndex(config).search,
    intervalSeconds: config.collector.interval_seconds,
  };
  const askDetails = createAskDetails({ ...store, events });
  const sender = new Sender({ askDetails, keeper, slack, events, bury, now, newId, ...senderTimes(config) });
  const heartbeats = openHeartbeats(config, { keeper, events });
  const relay = new Relay({
    inbox,
    keeper,
    sender,
    events,
    bury,
    now,
    newId,
    ask: createReading(store),
    clusters: Object.keys(config.clusters),
    channelOf: createChannelOf(channelNames(config)),
    takeCanary: (state, notification, nowMs) => heartbeats.takeCanary(state, notification, nowMs),
    times: relayTimes(config),
    onTurn: async (nowMs) => {
      await heartbeats.turn(nowMs);
      await countLost(keeper, disk.lost);
    },
  });
  return { relay, sender, inbox, keeper, events, heartbeats, http };
}

function openLog(config: Config): Logger {
  return pino(
    {
      level: config.alerts.relay.log_level,
      base: { component: "relay" },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: "message",
    },
    // Synchronous: lines before a crash are the ones that matter, and there are few.
    pino.destination({ dest: 2, sync: true }),
  );
}

function senderTimes({ alerts: { relay } }: Config) {
  return {
    random: Math.random,
    gapMs: relay.message_gap_seconds * 1000,
    baseDelayMs: Math.min(FIRST_DELAY_MS, relay.retry_maximum_seconds * 1000),
    maximumDelayMs: relay.retry_maximum_seconds * 1000,
    maximumAgeMs: relay.maximum_age_seconds * 1000,
    addressPatienceMs: relay.address_patience_seconds * 1000,
  };
}

async function openFiles(
  { alerts: { relay } }: Config,
  { version, events }: { readonly version: string; readonly events: RelayEvents },
) {
  const lost = { documents: 0 };
  // The inbox first: its lock keeps a second relay away from the state.
  const inbox = await openInbox({
    directory: join(relay.directory, "inbox"),
    maximumBytes: relay.maximum_bytes,
    maximumAgeMs: relay.maximum_age_seconds * 1000,
    version,
    now,
    events: events.spool((documents) => {
      lost.documents += documents;
    }),
  });
  const { keeper, quarantined } = await openState(relay.directory);
  if (quarantined !== null) events.stateQuarantined(quarantined);
  const letters = await DeadLetterStore.open({
    disk: await openDisk(join(relay.directory, RELAY_LETTER_FOLDER)),
    maxBytes: DEAD_LETTER_BYTES,
    version,
    now,
    onDropped: (documents) => {
      events.deadLettersDropped(documents);
    },
  });
  const bury = async (letter: DeadLetter): Promise<void> => letters.append([letter]);
  return { inbox, keeper, bury, lost };
}

function openHeartbeats(
  { alerts }: Config,
  { keeper, events }: { readonly keeper: StateKeeper; readonly events: RelayEvents },
): Heartbeats {
  return new Heartbeats({
    keeper,
    events,
    now,
    newId,
    silenceMs: alerts.watchdog.silence_seconds * 1000,
    heartbeatUrl: async () => readSecret(alerts.watchdog.heartbeat_url_file),
    canary: canaryOf(alerts),
  });
}

function canaryOf({ canary }: Config["alerts"]): CanaryOptions | null {
  if (canary === undefined) return null;
  const { cluster, group, quiet_seconds: quiet, late_seconds: late, report_seconds: report } = canary;
  return {
    cluster,
    group,
    silenceMs: (canary.silence_seconds ?? 2 * (quiet + late) + CANARY_MARGIN_SECONDS) * 1000,
    reportMs: report === undefined ? null : report * 1000,
  };
}

async function countLost(keeper: StateKeeper, lost: { documents: number }): Promise<void> {
  if (lost.documents === 0) return;
  const documents = lost.documents;
  await keeper.change((state) => ({
    ...state,
    totals: { ...state.totals, dropped: state.totals.dropped + documents },
  }));
  lost.documents -= documents;
}
