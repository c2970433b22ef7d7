/** Numbers, durations and times as the sentences and documents of the analysis write them. */

/** 1234567 → `1,234,567`. */
export function formatCount(value: number): string {
  const digits = String(Math.round(Math.abs(value)));
  let text = "";
  for (let end = digits.length; end > 0; end -= 3) {
    const part = digits.slice(Math.max(0, end - 3), end);
    text = text === "" ? part : `${part},${text}`;
  }
  return value < 0 ? `-${text}` : text;
}

/** 0.42 → `0.4/s`, 1234.5 → `1,235/s`; under one in ten seconds per minute or hour, so that it is never `0.0/s`. */
export function formatRate(perSecond: number): string {
  const size = Math.abs(perSecond);
  if (size === 0) return "0/s";
  if (size >= 10) return `${formatCount(perSecond)}/s`;
  if (size >= 0.1) return `${trim(perSecond)}/s`;
  if (size * 60 >= 0.1) return `${trim(perSecond * 60)}/min`;
  return size * 3600 >= 0.1 ? `${trim(perSecond * 3600)}/h` : "almost 0/s";
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/u, "");
}

/** `45 s`, `4 min`, `1 h 12 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** 0.914 → `91 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Up to `most` items, then `and n more`. */
export function formatList(items: readonly string[], most: number): string {
  if (items.length <= most) return items.join(", ");
  return `${items.slice(0, most).join(", ")} and ${items.length - most} more`;
}

const CACHE_SIZE = 4096;
/** The largest time a Date can hold; a damaged commit timestamp can be far above it. */
const MAX_DATE_MS = 8.64e15;

/** Epoch ms → ISO text, cached: a tick writes hundreds of thousands of times, many of them alike. */
export class IsoTimes {
  readonly #seconds = new Float64Array(CACHE_SIZE).fill(-1);
  readonly #starts: string[] = Array.from({ length: CACHE_SIZE }, () => "");
  /** Whole texts as well: partitions that are new together have the same begin of their verdict. */
  readonly #times = new Float64Array(CACHE_SIZE).fill(-1);
  readonly #texts: string[] = Array.from({ length: CACHE_SIZE }, () => "");

  format(ms: number): string {
    const place = ms & (CACHE_SIZE - 1);
    if (this.#times[place] !== ms) {
      this.#times[place] = ms;
      this.#texts[place] = this.#compose(ms);
    }
    return this.#texts[place] ?? "";
  }

  #compose(ms: number): string {
    const second = Math.floor(ms / 1000);
    const place = second & (CACHE_SIZE - 1);
    if (this.#seconds[place] !== second) {
      this.#seconds[place] = second;
      this.#starts[place] = new Date(second * 1000).toISOString().slice(0, 20);
    }
    const rest = Math.floor(ms - second * 1000);
    return `${this.#starts[place] ?? ""}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`;
  }
}

/** True for a time that a date field can hold. */
export function isTime(ms: number): boolean {
  return ms > 0 && ms <= MAX_DATE_MS;
}
