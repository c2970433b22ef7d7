/** Slack's markup: names that cannot mention, link or leave their line; times and durations as messages show them. */

/** Kafka allows group names of any length. */
const NAME_LENGTH = 80;
/** Below 3,000, at which Slack folds; Grafana's own text may be longer and is cut. */
export const TEXT_LENGTH = 2900;

/** Slack reads these three characters as markup; without them no name can mention or link. */
export function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** In code style, in which `*` and `_` are letters; a backtick would end it, a line break would start a line of its own. */
export function nameOf(name: string, length = NAME_LENGTH): string {
  return `\`${escapeMarkup(cut(name, length).replaceAll("`", "'"))}\``;
}

/** Words of others outside of code style: no markup, and nothing that Slack would make a link of. */
export function sentence(text: string, length: number): string {
  return escapeMarkup(cut(text, length)).replaceAll("://", ":\u200B//");
}

/** One line, not too long, without signs that nobody sees, such as those that turn the direction of writing. */
export function cut(name: string, length = NAME_LENGTH): string {
  const letters = Array.from(name.replaceAll(/\s+/g, " ").replaceAll(/[\p{Cc}\p{Cf}]/gu, ""));
  return letters.length <= length ? letters.join("") : `${letters.slice(0, length - 1).join("")}…`;
}

/** A link, or nothing where the address is none: it must not end the markup early. */
export function link(address: string, words: string): string | null {
  return /^https?:\/\/[^\s<>|]+$/.test(address) ? `<${address}|${words}>` : null;
}

export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}

/** `02:14`, and `2026-11-21 02:14` where that is a day ago or more. */
export function moment(ms: number, nowMs: number): string {
  const date = nowMs - ms < 86_400_000 ? "" : `${new Date(ms).toISOString().slice(0, 10)} `;
  return `${date}${clock(ms)}`;
}

/** `02:14:05`. */
export function wallClock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** `3d 4h`, `1h 2m`, `5m 10s`, `7s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)}d ${hours % 24}h`;
  if (hours > 0) return `${hours}h ${minutes % 60}m`;
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`;
}

/** `999`, `12.35k`, `3.2M`: four digits, as Grafana's texts have them. */
export function count(value: number): string {
  const steps = ["", "k", "M", "G", "T"];
  const step = value < 1000 ? 0 : Math.min(steps.length - 1, Math.floor(Math.log10(value) / 3));
  return `${Number((value / 1000 ** step).toPrecision(4))}${steps[step] ?? ""}`;
}

/** Whole lines only, as many as fit. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const cutAt = text.lastIndexOf("\n", length);
  return `${text.slice(0, cutAt > 0 ? cutAt : length)}\n…`;
}
