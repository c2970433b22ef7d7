/** Include and exclude globs for groups and topics: include first, then exclude; no include means all. */
import { LaglineError } from "../../model/errors.ts";
import { compileGlob, problemOfGlob } from "../../model/globs.ts";

export type NameFilter = (name: string) => boolean;

export type FilterOptions = {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Where the globs come from, for messages: `clusters.orders.filters.groups`. */
  readonly origin: string;
};

/** More remembered names than this are forgotten, so that a stream of new names cannot fill memory. */
const MAXIMUM_REMEMBERED = 50_000;

/**
 * Compiles a filter. A name is decided once and remembered, because it is asked for every partition of every tick.
 *
 * @throws LaglineError `LAGLINE_COLLECT_BAD_GLOB` naming every glob that is wrong.
 */
export function createNameFilter(options: FilterOptions): NameFilter {
  const bad = [...options.include, ...options.exclude].flatMap((glob) => {
    const reason = problemOfGlob(glob);
    return reason === null ? [] : [`${JSON.stringify(glob)} ${reason}`];
  });
  if (bad.length > 0) {
    throw new LaglineError({
      code: "LAGLINE_COLLECT_BAD_GLOB",
      message: `${options.origin} has ${bad.length === 1 ? "a glob" : "globs"} that cannot be used: ${bad.join("; ")}.`,
      hint: "Use * for any characters, ? for one, [abc] for one of several.",
    });
  }
  if (options.include.length === 0 && options.exclude.length === 0) {
    return () => true;
  }
  const included = compile(options.include);
  const excluded = compile(options.exclude);
  const decided = new Map<string, boolean>();
  return (name) => {
    const known = decided.get(name);
    if (known !== undefined) {
      return known;
    }
    const wanted = (included === null || included(name)) && !(excluded?.(name) ?? false);
    if (decided.size >= MAXIMUM_REMEMBERED) {
      decided.clear();
    }
    decided.set(name, wanted);
    return wanted;
  };
}

function compile(globs: readonly string[]): NameFilter | null {
  if (globs.length === 0) {
    return null;
  }
  const matchers = globs.map(compileGlob);
  return (name) => matchers.some((matches) => matches(name));
}
