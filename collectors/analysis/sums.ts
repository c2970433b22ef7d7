/**
 * Adds counts of messages and stops at 2^53 − 1, the largest number that stands for itself alone. Beyond it the last
 * digits of a sum would depend on the order of its parts.
 */
export function addMessages(sum: number, value: number): number {
  return Math.min(sum + value, Number.MAX_SAFE_INTEGER);
}
