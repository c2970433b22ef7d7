/** Telegraf's globs know `{a,b}`; Lagline's do not, so such a glob becomes several. Pure. */

/** More than this many are not made of one glob: it would be a mistake, or an attack. */
const MOST_GLOBS = 1000;

/** The globs that match together what this one matches in Telegraf. A brace that nothing closes stays as it is. */
export function withoutBraces(glob: string): readonly string[] {
  let globs: readonly string[] = [glob];
  for (;;) {
    const next = globs.flatMap(openFirst);
    if (next.length === globs.length && next.every((text, index) => text === globs[index])) return globs;
    if (next.length > MOST_GLOBS) return [glob];
    globs = next;
  }
}

/** The first pair of braces that holds no other. */
const INNERMOST = /^(?<before>(?:\\.|[^\\])*?)\{(?<inner>(?:\\.|[^\\{}])*)\}(?<after>.*)$/su;

function openFirst(glob: string): readonly string[] {
  const { before, inner, after } = INNERMOST.exec(glob)?.groups ?? {};
  if (before === undefined || inner === undefined || after === undefined) return [glob];
  return inner.split(/(?<!\\),/).map((choice) => `${before}${choice}${after}`);
}
