/** Looks at the relay by what it says of itself: readiness, the token it takes, Grafana's heartbeat, what waits and what was given up. */
import { readFileSync, statSync } from "node:fs";
import { RELAY_USER } from "../../alerts/names.ts";
import { describeError } from "../../model/errors.ts";
import { judgeReadiness } from "./container.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, skipped, warning } from "./finding.ts";
import type { Reply } from "./http.ts";

export type RelayLook = {
  /** One GET of a path of the relay, from wherever it can be reached. */
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Reply>;
  /** Where Grafana posts to, for the words of a fix. */
  readonly target: string;
  readonly tokenFile: string;
  /** After so long without a heartbeat Grafana's alerting counts as dead. */
  readonly silenceSeconds: number;
  readonly nowMs: number;
};

/** Grafana's path; a GET of it is refused, and how it is refused says whether the token is right. */
const WEBHOOK_PATH = "/grafana";

export async function lookAtRelay(look: RelayLook): Promise<readonly Observation[]> {
  const readiness = judgeReadiness(await look.get("/readyz"), {
    who: "relay",
    portSetting: "alerts.relay.port",
    fix: "Where a reason names Slack although Slack's own findings are right, the relay's way out is cut: DNS, firewall, proxy. Its log has more.",
  });
  const token = await judgeToken(look);
  const reply = await look.get("/metrics");
  if (reply.kind === "none" || reply.status !== 200) {
    const said = reply.kind === "none" ? reply.reason : `HTTP ${reply.status}`;
    return [readiness, token, skipped("metrics", `The relay's /metrics could not be read: ${said}.`)];
  }
  const metric = (name: string): number | undefined => sumOf(reply.text, name);
  return [
    readiness,
    token,
    judgeHeartbeat(metric, look),
    judgeQueue(metric),
    judgeGivenUp(metric),
    ...judgeSight(metric),
  ];
}

async function judgeToken({ get, tokenFile }: RelayLook): Promise<Observation> {
  let token: string;
  try {
    token = readFileSync(tokenFile, "utf8").trim();
    if ((statSync(tokenFile).mode & 0o077) !== 0) {
      return warning("token", `${tokenFile} can be read by others on this host.`, `chmod 600 ${tokenFile}`);
    }
  } catch (error) {
    return broken(
      "token",
      `The relay's token cannot be read: ${describeError(error)}.`,
      "`lagline secrets init` creates it; then scripts/up.",
    );
  }
  const authorization = `Basic ${Buffer.from(`${RELAY_USER}:${token}`).toString("base64")}`;
  const reply = await get(WEBHOOK_PATH, { authorization });
  if (reply.kind === "none")
    return skipped("token", "The relay does not answer, so its token was not tried.");
  switch (reply.status) {
    case 405:
      return ok("token", `The relay takes the token of ${tokenFile}.`);
    case 401:
      return broken(
        "token",
        `The relay refuses the token of ${tokenFile}: it started with another one.`,
        "Grafana and the relay read it when they start: scripts/up, then restart the containers of both.",
      );
    default:
      return broken(
        "token",
        `${WEBHOOK_PATH} answers HTTP ${reply.status}, not as the relay does.`,
        "Another program has alerts.relay.port; choose a free one.",
      );
  }
}

type Metric = (name: string) => number | undefined;

/** The watchdog rule fires about every minute; this is one that was missed, and one that is about to come. */
const LATE_SECONDS = 150;

function judgeHeartbeat(metric: Metric, { nowMs, silenceSeconds, target }: RelayLook): Observation {
  const heard = metric("lagline_relay_heartbeat_timestamp_seconds");
  if (heard === undefined) return skipped("heartbeat", "This relay does not say when it heard Grafana.");
  const started = metric("process_start_time_seconds");
  const since = heard === 0 ? started : heard;
  if (since === undefined) return skipped("heartbeat", "This relay does not say when it started.");
  const age = Math.max(0, Math.round(nowMs / 1000 - since));
  const evidence =
    heard === 0
      ? `Grafana's watchdog rule was not heard since the relay started ${age} s ago; it comes about every minute.`
      : `Grafana's watchdog rule was last heard ${age} s ago; it comes about every minute.`;
  const fix = `Does Grafana run, has it the alert rules, and does it reach ${target} with the token? Its log names a post that fails.`;
  if (age > silenceSeconds) return broken("heartbeat", `${evidence} No alert would come.`, fix);
  if (heard === 0) return skipped("heartbeat", evidence);
  return age > LATE_SECONDS ? warning("heartbeat", evidence, fix) : ok("heartbeat", evidence);
}

/** Grafana waits longer than this for a group of alerts: what waits here was not taken by Slack at the first try. */
const OLD_MESSAGE_SECONDS = 120;

function judgeQueue(metric: Metric): Observation {
  const waiting = metric("lagline_notifications_queued") ?? 0;
  const age = Math.round(metric("lagline_relay_oldest_message_seconds") ?? 0);
  if (age <= OLD_MESSAGE_SECONDS) {
    return ok("queue", waiting === 0 ? "No notification waits." : `${waiting} notifications wait, ${age} s.`);
  }
  return warning(
    "queue",
    `${waiting} notifications wait for Slack, the oldest message for ${age} s.`,
    "Slack refuses or is slow: see its findings and the relay's log. Nothing is lost before alerts.relay.maximum_age_seconds.",
  );
}

function judgeGivenUp(metric: Metric): Observation {
  const sum = (...names: readonly string[]): number =>
    names.reduce((total, name) => total + (metric(name) ?? 0), 0);
  const dead = sum("lagline_notifications_dead_lettered_total", "lagline_relay_messages_dead_lettered_total");
  const dropped = sum("lagline_notifications_dropped_total");
  const isKept = (metric("lagline_relay_dead_letter_bytes") ?? 0) > 0;
  if (dead + dropped === 0) return ok("dead-letters", "Nothing was given up.");
  if (!isKept && dropped === 0) {
    return ok(
      "dead-letters",
      `${dead} messages were given up since the relay exists; none is kept any more.`,
    );
  }
  const parts = [
    ...(dead === 0 || !isKept
      ? []
      : [`${dead} messages went to the dead letters, because Slack would not take them`]),
    ...(dropped === 0 ? [] : [`${dropped} notifications were pushed out, because the queue was full`]),
  ];
  return warning(
    "dead-letters",
    `Since the relay exists ${parts.join(", and ")}.`,
    "`lagline dead-letter list --relay` shows them with their reasons; `retry --relay` sends them again.",
  );
}

function judgeSight(metric: Metric): readonly Observation[] {
  return metric("lagline_relay_blind") === 1
    ? [
        warning(
          "sight",
          "The relay has told people that nobody watches: it sees no fresh documents.",
          "See the findings of Elasticsearch and of the collector.",
        ),
      ]
    : [];
}

/** Sum over the labels of a metric in Prometheus' text format; undefined where it does not occur. */
function sumOf(text: string, name: string): number | undefined {
  const values = text.split("\n").flatMap((line) => {
    if (!line.startsWith(name) || !/^[ {]/.test(line.slice(name.length))) return [];
    const value = Number(line.slice(line.lastIndexOf(" ") + 1));
    return Number.isFinite(value) ? [value] : [];
  });
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}
