/** Functions and types that Grafana adds to templates: one set for annotations, a smaller one for messages. */
import { formatGo, toText } from "./go-template-run.ts";
import type { TemplateFunctions } from "./go-template-run.ts";

const NANOSECONDS_PER_MS = 1_000_000;

/** A length of time, counted in nanoseconds as Go does. */
export class GoDuration {
  readonly #nanoseconds: number;
  constructor(nanoseconds: number) {
    this.#nanoseconds = nanoseconds;
  }
  Round(unit: unknown): GoDuration {
    return new GoDuration(Math.round(this.#nanoseconds / Number(unit)) * Number(unit));
  }
  valueOf(): number {
    return this.#nanoseconds;
  }
  /** `1h2m3s`; parts of a second are written nowhere. */
  goText(): string {
    const seconds = Math.round(Math.abs(this.#nanoseconds) / 1e9);
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const sign = this.#nanoseconds < 0 ? "-" : "";
    if (hours > 0) return `${sign}${hours}h${minutes}m${seconds % 60}s`;
    return minutes > 0 ? `${sign}${minutes}m${seconds % 60}s` : `${sign}${seconds}s`;
  }
}

/** A moment; Lagline's templates always ask for UTC. */
export class GoTime {
  readonly #ms: number;
  constructor(ms: number) {
    this.#ms = ms;
  }
  UTC(): GoTime {
    return this;
  }
  Add(nanoseconds: unknown): GoTime {
    return new GoTime(this.#ms + Number(nanoseconds) / NANOSECONDS_PER_MS);
  }
  Sub(other: unknown): GoDuration {
    return new GoDuration((this.#ms - Number(other)) * NANOSECONDS_PER_MS);
  }
  UnixMilli(): number {
    return this.#ms;
  }
  Unix(): number {
    return Math.floor(this.#ms / 1000);
  }
  /** By Go's reference time; only the parts that are used. */
  Format(layout: unknown): string {
    const iso = new Date(this.#ms).toISOString();
    return String(layout)
      .replace("2006-01-02", iso.slice(0, 10))
      .replace("15:04", iso.slice(11, 16))
      .replace("05", iso.slice(17, 19));
  }
  valueOf(): number {
    return this.#ms;
  }
}

/** Go's regular expressions, as far as both languages agree; Go writes flags into the pattern. */
function reReplaceAll(pattern: unknown, replacement: unknown, text: unknown): string {
  const [, flags = "", rest = ""] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(toText(pattern)) ?? [];
  return toText(text).replaceAll(new RegExp(rest, `gu${flags}`), toText(replacement));
}

const PREFIXES = ["", "k", "M", "G", "T", "P", "E"] as const;

function humanize(value: unknown): string {
  let number = Number(value);
  let step = 0;
  for (; Math.abs(number) >= 1000 && step < PREFIXES.length - 1; step++) number /= 1000;
  return `${formatGo("%.4g", [number])}${PREFIXES[step]}`;
}

function humanizeDuration(value: unknown): string {
  const seconds = Number(value);
  if (Math.abs(seconds) < 60) return `${formatGo("%.4g", [seconds])}s`;
  const whole = Math.floor(Math.abs(seconds));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const sign = seconds < 0 ? "-" : "";
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${whole % 60}s`;
  return hours > 0 ? `${sign}${hours}h ${minutes}m ${whole % 60}s` : `${sign}${minutes}m ${whole % 60}s`;
}

/** Prometheus' functions, in annotations and labels of rules. */
export const ANNOTATION_FUNCTIONS: TemplateFunctions = {
  humanize,
  humanizeDuration,
  humanizePercentage: (value) => `${formatGo("%.4g", [Number(value) * 100])}%`,
  reReplaceAll,
  toUpper: (text) => String(text).toUpperCase(),
  toLower: (text) => String(text).toLowerCase(),
};

/** Alertmanager's functions, in notification templates. Grafana 9.4 has no `humanizeDuration` there. */
export const MESSAGE_FUNCTIONS: TemplateFunctions = {
  reReplaceAll,
  toUpper: (text) => String(text).toUpperCase(),
  toLower: (text) => String(text).toLowerCase(),
  join: (separator, texts) => (Array.isArray(texts) ? texts.join(String(separator)) : ""),
};
