/** How wide text is on a terminal, and cutting it to a width. Pure. */

const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Scripts and symbols that take two columns (the wide blocks of Unicode's East Asian Width). */
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6])/u;

function columnsOf(grapheme: string): number {
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Columns that a line without control characters takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += columnsOf(segment);
  return width;
}

/** Cuts to a width, the end replaced by `…`. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += columnsOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Cuts or fills with spaces to exactly a width. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const fitted = cut(text, width);
  const space = " ".repeat(Math.max(0, width - textWidth(fitted)));
  return align === "left" ? `${fitted}${space}` : `${space}${fitted}`;
}

/** Names come from Kafka users: control characters must not reach a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD");
}
