/**
 * What reaches whom: the notification policy tree with grouping, waiting, repeating and mute timings, as Alertmanager does
 * it. Retries and lost messages are not played.
 */
import type { Alert } from "./play-alerts.ts";
import { labelKey } from "./series.ts";
import type { Labels } from "./series.ts";
import { alertingFile, seconds } from "../file-schema.ts";
import type { ParsedFile, ParsedRoute } from "../file-schema.ts";
import type { JsonObject } from "../../dashboards/types.ts";

export type Notification = {
  readonly atMs: number;
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly firing: readonly Alert[];
  /** Over since the last message about the group. */
  readonly resolved: readonly Alert[];
  /** An alert fires that no message about the group has told of. */
  readonly isNew: boolean;
  /** Nothing began and nothing ended: only because the alert lasts. */
  readonly isRepeat: boolean;
};

type MuteTime = NonNullable<ParsedFile["muteTimes"]>[number];
type Group = {
  readonly route: ParsedRoute;
  readonly labels: Labels;
  readonly alerts: Map<string, Alert>;
  /** Alerts of the last message that were firing in it. */
  told: Set<string>;
  toldAtMs: number | null;
  nextFlushMs: number;
};

export class NotificationPlayer {
  readonly #root: ParsedRoute;
  readonly #timings: ReadonlyMap<string, MuteTime>;
  /** Contact points that are not told when an alert is over. */
  readonly #unresolved: ReadonlySet<string>;
  readonly #groups = new Map<string, Group>();

  /** `files`: the contents of the alerting folder. */
  constructor(files: readonly JsonObject[]) {
    const parsed = files.map((file) => alertingFile.parse(file));
    const [root] = parsed.flatMap(({ policies = [] }) => policies);
    if (root === undefined) throw new Error("No file holds a policy tree.");
    this.#root = root;
    this.#timings = new Map(
      parsed.flatMap(({ muteTimes = [] }) => muteTimes).map((timing) => [timing.name, timing]),
    );
    this.#unresolved = new Set(
      parsed
        .flatMap(({ contactPoints = [] }) => contactPoints)
        .filter(({ receivers }) => receivers.every((receiver) => receiver.disableResolveMessage))
        .map(({ name }) => name),
    );
  }

  /** Messages that are due before `nowMs`; then takes the alerts of the evaluation at `nowMs`. */
  at(nowMs: number, alerts: readonly Alert[]): readonly Notification[] {
    const sent = this.until(nowMs);
    for (const alert of alerts) {
      if (alert.state !== "pending") this.#take(alert, nowMs);
    }
    return sent;
  }

  /** Messages that are due before `nowMs`, in the order of time. */
  until(nowMs: number): readonly Notification[] {
    const sent: Notification[] = [];
    for (const [key, group] of this.#groups) {
      while (group.nextFlushMs < nowMs && this.#groups.has(key)) {
        const notification = this.#flush(group);
        if (notification !== null) sent.push(notification);
        if (group.alerts.size === 0) this.#groups.delete(key);
        group.nextFlushMs += seconds(group.route.group_interval ?? "5m") * 1000;
      }
    }
    return sent.toSorted((a, b) => a.atMs - b.atMs);
  }

  #take(alert: Alert, nowMs: number): void {
    const route = routeOf(this.#root, alert.labels);
    const labels = Object.fromEntries(route.group_by.map((name) => [name, alert.labels[name] ?? ""]));
    const key = `${JSON.stringify(route)} ${labelKey(labels)}`;
    const known = this.#groups.get(key);
    // An alert that nobody was told of is over without a word.
    if (known === undefined && alert.state === "resolved") return;
    const waitMs = seconds(route.group_wait ?? "30s") * 1000;
    const group = known ?? {
      route,
      labels,
      alerts: new Map(),
      told: new Set(),
      toldAtMs: null,
      nextFlushMs: nowMs + waitMs,
    };
    group.alerts.set(labelKey(alert.labels), alert);
    this.#groups.set(key, group);
  }

  #flush(group: Group): Notification | null {
    const atMs = group.nextFlushMs;
    const all = [...group.alerts];
    const firing = all.filter(([, alert]) => alert.state === "firing");
    const resolved = this.#unresolved.has(group.route.receiver)
      ? []
      : all.filter(([key, alert]) => alert.state === "resolved" && group.told.has(key));
    const isNew = firing.some(([key]) => !group.told.has(key));
    const repeatMs = seconds(group.route.repeat_interval ?? "4h") * 1000;
    const isDue = group.toldAtMs !== null && firing.length > 0 && atMs - group.toldAtMs >= repeatMs;
    const muted = (group.route.mute_time_intervals ?? []).some((name) => this.#isMuted(name, atMs));
    for (const [key, alert] of all) if (alert.state === "resolved") group.alerts.delete(key);
    if (muted || !(isNew || isDue || resolved.length > 0)) return null;
    group.told = new Set(firing.map(([key]) => key));
    group.toldAtMs = atMs;
    return {
      atMs,
      receiver: group.route.receiver,
      groupLabels: group.labels,
      firing: firing.map(([, alert]) => alert),
      resolved: resolved.map(([, alert]) => alert),
      isNew,
      isRepeat: !isNew && resolved.length === 0,
    };
  }

  #isMuted(name: string, atMs: number): boolean {
    return (this.#timings.get(name)?.time_intervals ?? []).some((interval) => {
      const { weekday, time } = wallClock(interval.location ?? "UTC", atMs);
      const onDay = interval.weekdays === undefined || interval.weekdays.includes(weekday);
      return onDay && interval.times.some((span) => time >= span.start_time && time < span.end_time);
    });
  }
}

/** The deepest route that matches; the first of several, because no route of Lagline's continues. */
function routeOf(route: ParsedRoute, labels: Labels): ParsedRoute {
  const child = (route.routes ?? []).find(({ object_matchers: matchers = [] }) =>
    matchers.every(([name, operator, text]) =>
      matches(labels[name] ?? "", operator, text.replaceAll("$$", "$")),
    ),
  );
  return child === undefined ? route : routeOf(child, labels);
}

function matches(value: string, operator: string, text: string): boolean {
  const found = operator.endsWith("~") ? new RegExp(`^(?:${text})$`, "u").test(value) : value === text;
  return operator.startsWith("!") ? !found : found;
}

function wallClock(timezone: string, atMs: number): { readonly weekday: string; readonly time: string } {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(atMs);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((each) => each.type === type)?.value ?? "";
  return { weekday: part("weekday").toLowerCase(), time: `${part("hour")}:${part("minute")}` };
}
