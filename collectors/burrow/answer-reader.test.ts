import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnswerFault, AnswerReader, BodyMemory } from "./answer-reader.ts";

const LIMIT = 1000;

function read(text: string, cuts: readonly number[] = []): AnswerReader {
  const reader = new AnswerReader(LIMIT);
  const bytes = Buffer.from(text, "latin1");
  const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  for (const [index, from] of places.entries()) {
    // The connection's memory is used again, so what is kept must be a copy.
    const piece = Buffer.from(bytes.subarray(from, places[index + 1] ?? bytes.length));
    if (piece.length > 0) reader.push(piece);
    piece.fill(0);
  }
  return reader;
}

const bodyOf = (reader: AnswerReader): string => reader.answer().body.toString("latin1");

const WITH_LENGTH = 'HTTP/1.1 200 OK\r\ncontent-type: text/x\r\nDate: now\r\nContent-Length: 5\r\n\r\n{"a"}';
const IN_CHUNKS =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n00B;x=y\r\nhello\r\nyou!\r\n0\r\nTrailer: 1\r\n\r\n";

describe("is refused", () => {
  test.each([
    ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["HTTP/2", "HTTP/2 200 OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"],
    ["a header that goes on in the next line", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n"],
    ["a bare line feed", "HTTP/1.1 200 OK\r\na: b\nContent-Length: 0\r\n\r\n"],
    ["a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n"],
    ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    [
      "a length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["another encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
    ["a chunk without a size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"],
    ["a chunk with a sign", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"],
    ["a chunk longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"],
    ["bytes behind the answer", `${WITH_LENGTH}HTTP/1.1 200 OK\r\n\r\n`],
    ["headers without an end", `HTTP/1.1 200 OK\r\na: ${"x".repeat(20_000)}`],
    ["headers that are too long", `HTTP/1.1 200 OK\r\na: ${"x".repeat(20_000)}\r\n\r\n`],
    [
      "a size line without an end",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(300)}`,
    ],
    [
      "trailers without an end",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${"a: b\r\n".repeat(4000)}`,
    ],
  ])("%s", (_name, text) => {
    expect(() => read(text)).toThrow(AnswerFault);
  });

  test.each([
    ["by its length", `HTTP/1.1 200 OK\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`],
    ["by the size of a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"],
    [
      "by the sum of its chunks",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${`100\r\n${"x".repeat(256)}\r\n`.repeat(4)}`,
    ],
    ["by what came", `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(LIMIT + 1)}`],
  ])("a body above the bound, %s", (_name, text) => {
    expect(() => read(text)).toThrow("maxContentLength");
  });

  test("an answer that is asked for before it is there", () => {
    expect(() => new AnswerReader(LIMIT).answer()).toThrow(AnswerFault);
  });
});

describe("wherever it is cut, an answer is the same", () => {
  test.each([
    ["with a length", WITH_LENGTH, '{"a"}'],
    ["in chunks", IN_CHUNKS, "abchello\r\nyou!".slice(0, 14)],
  ])("%s", (_name, text, body) => {
    for (let cut = 1; cut < text.length; cut += 1) {
      const reader = new AnswerReader(LIMIT);
      expect(reader.push(Buffer.from(text.slice(0, cut), "latin1"))).toBe(false);
      expect(reader.push(Buffer.from(text.slice(cut), "latin1"))).toBe(true);
      expect(bodyOf(reader)).toBe(body);
    }
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        expect(bodyOf(read(text, cuts))).toBe(body);
      }),
    );
  });
});

test("its status and the headers that are looked at", () => {
  const { status, contentType, date, location } = read(WITH_LENGTH).answer();
  expect({ status, contentType, date, location }).toEqual({
    status: 200,
    contentType: "text/x",
    date: "now",
    location: "",
  });
});

test("what comes before the answer proper is passed over", () => {
  expect(
    bodyOf(read(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n${WITH_LENGTH}`)),
  ).toBe('{"a"}');
});

describe("the end of the connection", () => {
  test("ends a body without a length", () => {
    const reader = read("HTTP/1.1 200 OK\r\n\r\nall of it");
    expect(reader.end()).toBe(true);
    expect(bodyOf(reader)).toBe("all of it");
    expect(reader.keepsOpen).toBe(false);
  });

  test.each([
    ["headers", "HTTP/1.1 200 OK\r\n"],
    ["a body with a length", WITH_LENGTH.slice(0, -1)],
    ["chunks", IN_CHUNKS.slice(0, -2)],
    ["nothing", ""],
  ])("in the middle of %s completes nothing", (_name, text) => {
    expect(read(text).end()).toBe(false);
  });
});

describe("another request may follow", () => {
  test.each([
    ["HTTP/1.1 204 No Content\r\n\r\n", true],
    ["HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", true],
    ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", true],
  ])("%j: %s", (text, keepsOpen) => {
    const reader = read(text);
    expect(bodyOf(reader)).toBe("");
    expect(reader.keepsOpen).toBe(keepsOpen);
  });
});

describe("memory that is used again", () => {
  const answered = (memory: BodyMemory, body: string): AnswerReader => {
    const reader = new AnswerReader(10_000_000, memory);
    reader.push(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    return reader;
  };

  test("shows nothing of the answer before", () => {
    const memory = new BodyMemory();
    const before = answered(memory, "x".repeat(50_000)).answer().body;
    memory.giveBack(before);
    const { body } = answered(memory, "short").answer();
    expect(body.buffer).toBe(before.buffer);
    expect(body.toString()).toBe("short");
  });

  test("is not touched before it is given back", () => {
    const memory = new BodyMemory();
    const kept = answered(memory, "kept").answer().body;
    answered(memory, "other");
    expect(kept.toString()).toBe("kept");
  });

  test.each([0, 70_000, 3_000_000])("a body of %i bytes is whole in it", (bytes) => {
    const memory = new BodyMemory();
    memory.giveBack(answered(memory, "first").answer().body);
    const reader = answered(memory, "y".repeat(bytes));
    expect(bodyOf(reader)).toBe("y".repeat(bytes));
    memory.giveBack(reader.answer().body);
    expect(bodyOf(answered(memory, "next"))).toBe("next");
  });
});
