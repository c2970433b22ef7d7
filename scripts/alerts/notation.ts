/** Values of a field over time in one line: `0*10 0+30*40 _*5 stopped*20`. */

/** More values than any test needs: a typing error must not fill the memory. */
const MAXIMUM = 20_000;
const ITEM = /^(?<value>_|-?\d+(?:\.\d+)?|[A-Za-z][\w.:-]*)(?<step>[+-]\d+(?:\.\d+)?)?(?:\*(?<times>\d+))?$/;

/**
 * One value per tick; undefined where the field is absent (`_`). `5*3`: three times 5. `0+30*3`: 0, 30, 60. Throws an Error
 * with a sentence.
 */
export function expandNotation(source: string): readonly (string | number | undefined)[] {
  const values: (string | number | undefined)[] = [];
  for (const item of source.trim().split(/\s+/)) {
    const found = ITEM.exec(item)?.groups;
    if (found === undefined) {
      throw new Error(
        `must be values such as \`5*3\`, \`0+30*40\`, \`ok*20\` or \`_*5\`; \`${item}\` is none`,
      );
    }
    const { value = "_", step, times = "1" } = found;
    const isNumber = /^-?\d/.test(value);
    if (step !== undefined && !isNumber)
      throw new Error(`must be a number before a step; \`${item}\` has none`);
    if (Number(times) < 1 || values.length + Number(times) > MAXIMUM) {
      throw new Error(`must have 1 to ${MAXIMUM} values; \`${item}\` leads beyond`);
    }
    for (let index = 0; index < Number(times); index++) {
      if (value === "_") values.push(undefined);
      else values.push(isNumber ? Number(value) + index * Number(step ?? 0) : value);
    }
  }
  return values;
}
