/**
 * The identity of a document of shape `telegraf`: time, measurement and the tags that make its series. Without owner and
 * host: both change with a healthy restart, and differ between two collectors of one cluster. It is the beginning of the
 * document as the shape writes it, so that it can be read off the bytes. Pure.
 */

export const IDENTITY_TAGS = ["cluster", "group", "topic", "partition", "server"] as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const BEFORE_TIME = Buffer.from('{"@timestamp":"');
const AFTER_TIME = Buffer.from('","measurement_name":"');
/** `2026-11-21T23:59:30.000Z` */
const TIME_CHARACTERS = 24;
const MEASUREMENT_FROM = BEFORE_TIME.length + TIME_CHARACTERS + AFTER_TIME.length;
const BEFORE_TAGS = Buffer.from(',"tag":{');
const KEYS = IDENTITY_TAGS.map((name) => Buffer.from(name));

/** The identity from its values, as text. */
export function telegrafIdentity(about: {
  readonly timestamp: string;
  readonly measurement: string;
  readonly tags: Readonly<Record<string, unknown>>;
}): string {
  const tags = IDENTITY_TAGS.flatMap((name) => {
    const value = about.tags[name];
    return typeof value === "string" ? [`${JSON.stringify(name)}:${JSON.stringify(value)}`] : [];
  });
  const beginning = `{"@timestamp":${JSON.stringify(about.timestamp)},"measurement_name":${JSON.stringify(about.measurement)}`;
  return `${beginning},"tag":{${tags.join(",")}`;
}

/** The time of a line that begins at `from`. */
export function timeOfTelegrafLine(bytes: Buffer, from: number): string {
  const start = from + BEFORE_TIME.length;
  return bytes.toString("latin1", start, start + TIME_CHARACTERS);
}

/** True when the line that begins at `from` has this time (24 bytes). */
export function hasTelegrafTime(bytes: Buffer, from: number, time: Buffer): boolean {
  return startsWith(bytes, from + BEFORE_TIME.length, time);
}

/**
 * Where the identity of the document line from `from` up to and not including `to` ends; -1 when the line is not laid out as
 * the shape writes it.
 */
export function endOfTelegrafIdentity(bytes: Buffer, from: number, to: number): number {
  const isKnown =
    startsWith(bytes, from, BEFORE_TIME) &&
    startsWith(bytes, from + BEFORE_TIME.length + TIME_CHARACTERS, AFTER_TIME);
  if (!isKnown) return -1;
  let place = endOfText(bytes, from + MEASUREMENT_FROM, to);
  if (!startsWith(bytes, place, BEFORE_TAGS)) return -1;
  place += BEFORE_TAGS.length;
  let end = place;
  for (let next = 0; place < to && bytes[place] === QUOTE; place += 1) {
    const keyEnd = endOfText(bytes, place + 1, to);
    next = indexOfKey(bytes, { from: place + 1, to: keyEnd - 1, after: next });
    if (next === 0) break;
    if (bytes[keyEnd] !== COLON || bytes[keyEnd + 1] !== QUOTE) return -1;
    place = endOfText(bytes, keyEnd + 2, to);
    end = place;
    if (bytes[place] !== COMMA) break;
  }
  return end <= to ? end : -1;
}

/** Place behind the closing quote of a text that begins at `from`; beyond `to` when it is not closed. */
function endOfText(bytes: Buffer, from: number, to: number): number {
  let place = from;
  while (place < to && bytes[place] !== QUOTE) place += bytes[place] === BACKSLASH ? 2 : 1;
  return place + 1;
}

/** 1 + the place of the key among the identity's, if it comes after the last one; 0 for any other. */
function indexOfKey(line: Buffer, key: { from: number; to: number; after: number }): number {
  for (let index = key.after; index < KEYS.length; index += 1) {
    const known = KEYS[index];
    if (known?.length === key.to - key.from && startsWith(line, key.from, known)) return index + 1;
  }
  return 0;
}

/** True when the text is at this place. */
export function startsWith(line: Buffer, place: number, text: Buffer): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (line[place + index] !== text[index]) return false;
  }
  return true;
}
