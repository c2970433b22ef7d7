import fc from "fast-check";
import picomatch from "picomatch";
import { describe, expect, test } from "vitest";
import { compileGlob } from "./globs.ts";

describe("a glob", () => {
  test.each([
    ["*-*-*-*-*-*-*-*-x", "-".repeat(1024)],
    ["*a*a*a*a*a*a*a*b", "a".repeat(1024)],
    ["**?**?**?**?**z", "y".repeat(1024)],
    ["*[a-c]*[a-c]*[a-c]*[a-c]!", "abc".repeat(341)],
  ])("%s decides about the worst name within 50 ms", (glob, name) => {
    const matches = compileGlob(glob);
    const start = performance.now();
    expect(matches(name)).toBe(false);
    expect(performance.now() - start).toBeLessThan(50);
  });

  test.each([
    ["", "", true],
    ["*", "", true],
    ["", "a", false],
    ["a*c*", "abc", true],
    ["*abab", "ababab", true],
    ["a[]b]c", "a]c", true],
    ["[!a]", "b", true],
    ["[^a]", "a", false],
    ["[a-c]x", "bx", true],
    ["[a-]", "-", true],
    ["a[", "a[", true],
    [String.raw`\*`, "*", true],
    [String.raw`\*`, "a", false],
    ["?", "😀", true],
    ["a{b,c}(d)+!", "a{b,c}(d)+!", true],
    ["**/x", "a/b/x", true],
  ])("%s on %j gives %s", (glob, name, expected) => {
    expect(compileGlob(glob)(name)).toBe(expected);
  });

  test("says the same as a regular expression where that one is quick", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "c", "-"), maxLength: 12 });
    const globs = fc.string({
      unit: fc.constantFrom("a", "b", "c", "-", "*", "?"),
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(globs, letters, (glob, name) => {
        fc.pre(name !== "");
        const other = picomatch(glob, {
          bash: true,
          dot: true,
          noextglob: true,
          nobrace: true,
          nonegate: true,
        });
        expect(compileGlob(glob)(name)).toBe(other(name));
      }),
      { numRuns: 3000 },
    );
  });
});
