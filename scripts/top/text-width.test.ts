import fc from "fast-check";
import { expect, test } from "vitest";
import { cut, pad, printable, textWidth } from "./text-width.ts";

test("control characters, line ends and hidden direction marks never reach a terminal", () => {
  expect(printable("a\u001B[31m\tb\r\n\u202Ec\u2028")).toBe("a�[31m�b���c�");
});

test("wide characters count twice, combined ones once", () => {
  expect(textWidth("日本")).toBe(4);
  expect(textWidth("u\u0308ni")).toBe(3);
  expect(textWidth("🚀x")).toBe(3);
});

test("text is cut between characters and ends in an ellipsis", () => {
  expect(cut("orders-service", 8)).toBe("orders-…");
  expect(cut("日本語", 4)).toBe("日…");
  expect(cut("short", 5)).toBe("short");
});

test("padded text has exactly its width", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.integer({ min: 2, max: 40 }),
      (text, width) => {
        expect(textWidth(pad(printable(text), width, "left"))).toBe(width);
        expect(textWidth(pad(printable(text), width, "right"))).toBe(width);
      },
    ),
  );
});
