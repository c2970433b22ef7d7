/** Characters that JSON leaves as they are, and that a terminal or a reader of lines takes for more than text. */

/**
 * DEL and the C1 controls (some terminals obey them), the line ends of Unicode, and the marks that turn the direction of
 * writing. Written as escapes: the same JSON, and nothing to obey.
 */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A line of JSON that is one line everywhere. Names in it come from whoever may commit to Kafka. */
export function safeLine(line: string): string {
  return line.replaceAll(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
