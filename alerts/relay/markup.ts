/** Slack's markup: names that cannot mention, link or leave their line; times and durations as messages show them. */

/** Kafka allows group names of any length. */
const NAME_LENGTH = 80;

/** Slack reads these three characters as markup; without them no name can mention or link. */
export function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** In code style, in which `*` and `_` are letters; a backtick would end it, a line break would start a line of its own. */
export function nameOf(name: string): string {
  return `\`${escapeMarkup(cut(name).replaceAll("`", "'"))}\``;
}

/** One line, not too long. */
export function cut(name: string, length = NAME_LENGTH): string {
  const letters = Array.from(name.replaceAll(/\s+/g, " "));
  return letters.length <= length ? letters.join("") : `${letters.slice(0, length - 1).join("")}…`;
}

/** A link, or nothing where the address is none: it must not end the markup early. */
export function link(address: string, words: string): string | null {
  return /^https?:\/\/[^\s<>|]+$/.test(address) ? `<${address}|${words}>` : null;
}

export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}

/** `1h 2m`, `5m 10s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}h ${minutes}m` : `${minutes}m ${seconds % 60}s`;
}
