/** `--group` and `--cluster`: globs that match whole names; no glob matches all. */
import picomatch from "picomatch";

export type NameFilter = (name: string) => boolean;

/** Globs know `*`, `?`, `[…]` and `{a,b}`; `*` also matches names that begin with a dot or hold a slash. */
export function nameFilter(globs: readonly string[]): NameFilter {
  if (globs.length === 0) return () => true;
  const matchers = globs.map((glob) => picomatch(glob, { dot: true, bash: true, nonegate: true }));
  return (name) => globs.includes(name) || matchers.some((matches) => matches(name));
}
