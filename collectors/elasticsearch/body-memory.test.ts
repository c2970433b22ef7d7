import { expect, test } from "vitest";
import { BodyMemory, bulkBody, CREATE_IN_STREAM, Lines } from "./lines.ts";

function linesOf(documents: number, character: string): Lines {
  const ndjson = Buffer.from(`${character.repeat(999)}\n`.repeat(documents));
  return new Lines({ ndjson, documents });
}

test("a body that is not given back keeps its bytes while others are made", () => {
  const memory = new BodyMemory();
  const kept = memory.body(linesOf(400, "a"), { from: 0, to: 400 }, CREATE_IN_STREAM);
  const before = Buffer.from(kept);
  memory.giveBack(memory.body(linesOf(400, "b"), { from: 0, to: 400 }, CREATE_IN_STREAM));
  memory.body(linesOf(400, "c"), { from: 0, to: 400 }, CREATE_IN_STREAM);
  expect(kept.equals(before)).toBe(true);
});

test.each([1, 300, 400, 900])(
  "a body of %i lines in used memory holds nothing of the earlier one",
  (count) => {
    const memory = new BodyMemory();
    const first = memory.body(linesOf(400, "a"), { from: 0, to: 400 }, CREATE_IN_STREAM);
    memory.giveBack(first);
    const lines = linesOf(count, "b");
    const range = { from: 0, to: count };
    const body = memory.body(lines, range, CREATE_IN_STREAM);
    expect(body.equals(bulkBody(lines, range, CREATE_IN_STREAM))).toBe(true);
    expect(body.buffer === first.buffer).toBe(count <= 400);
  },
);

test.each([1, 300, 900])(
  "a body of %i lines with an action each, in used memory, holds nothing of the earlier one",
  (count) => {
    const memory = new BodyMemory();
    memory.giveBack(memory.body(linesOf(400, "a"), { from: 0, to: 400 }, CREATE_IN_STREAM));
    const lines = linesOf(count, "b");
    let made = 0;
    const action = () => `{"create":{"_id":"${(made += 1)}"}}\n`;
    const body = memory.body(lines, { from: 0, to: count }, action);
    const expected = Array.from(
      { length: count },
      (_, index) => `{"create":{"_id":"${index + 1}"}}\n${"b".repeat(999)}\n`,
    );
    expect(body.toString()).toBe(expected.join(""));
  },
);
