import { describe, expect, test } from "vitest";
import { readAllCreated, readBulkAnswer, readFailure } from "./answers.ts";
import type { ItemAnswer } from "./outcomes.ts";
import { classifyItem, classifyRequest, LASTING_BLOCK_AGE_MS, UNKNOWN_REFUSAL_ATTEMPTS } from "./outcomes.ts";

const nowMs = Date.UTC(2026, 0, 10);
const fresh = { timestampMs: nowMs, nowMs, attempts: 0 };
const old = { ...fresh, timestampMs: nowMs - LASTING_BLOCK_AGE_MS - 1 };

const item = (status: number, errorType = "", reason = ""): ItemAnswer => ({
  status,
  errorType,
  reason,
  failureStore: "",
});

/** Texts as Elasticsearch 9.2.0 and 8.19.8 write them, unless said otherwise. */
const RANGES =
  "is outside of ranges of currently writable indices [[2026-01-01T00:00:00Z,2026-01-08T00:00:00Z][2026-01-08T00:00:00.000Z,2026-01-10T01:00:00.000Z]]";

describe("one document is dead when Elasticsearch will never take it", () => {
  test.each([
    [item(400, "document_parsing_exception", "[1:58] failed to parse field [lag] of type [long]")],
    [item(400, "mapper_parsing_exception", "failed to parse")],
    [item(400, "strict_dynamic_mapping_exception", "mapping set to strict")],
    [
      item(
        400,
        "illegal_argument_exception",
        "only write ops with an op_type of create are allowed in data streams",
      ),
    ],
    [
      item(
        400,
        "timestamp_error",
        "Error extracting data stream timestamp field: [1:14] Unexpected character",
      ),
    ],
    [item(400, "timestamp_error", `the document timestamp [2025-05-01T00:00:00.000Z] ${RANGES}`)],
    // Between two indices: the one for it was deleted by hand, and none will be made.
    [
      item(
        400,
        "timestamp_error",
        `the document timestamp [2026-01-05T00:00:00.000Z] ${RANGES.replace("2026-01-08T00:00:00Z]", "2026-01-02T00:00:00Z]")}`,
      ),
    ],
    // Up to 8.16 the type was a general one.
    [item(400, "illegal_argument_exception", `the document timestamp [2025-05-01T00:00:00.000Z] ${RANGES}`)],
    [
      item(
        400,
        "document_parsing_exception",
        "time series index @timestamp value [2025-05-01T00:00:00Z] must be larger than 2026-01-01T00:00:00Z",
      ),
    ],
  ])("%o", (answer) => {
    expect(classifyItem(answer, fresh)).toMatchObject({
      kind: "dead",
      errorType: answer.errorType,
      status: 400,
    });
  });

  test("and when it went to the failure store, where no dashboard sees it", () => {
    const answer = { ...item(201), failureStore: "used" };
    expect(classifyItem(answer, fresh)).toMatchObject({ kind: "dead", errorType: "failure_store" });
    expect(classifyItem({ ...item(201), failureStore: "not_applicable_or_unknown" }, fresh)).toEqual({
      kind: "stored",
    });
  });

  test("and when a write block on the index of an old document will last", () => {
    const block = item(
      403,
      "cluster_block_exception",
      "index [x] blocked by: [FORBIDDEN/8/index write (api)];",
    );
    expect(classifyItem(block, old)).toMatchObject({ kind: "dead" });
    expect(classifyItem(block, fresh)).toMatchObject({ kind: "retry", reason: "set_up" });
  });

  test("and when a refusal that nobody knows repeats", () => {
    const answer = item(418, "teapot_exception", "short and stout");
    expect(classifyItem(answer, { ...fresh, attempts: UNKNOWN_REFUSAL_ATTEMPTS - 1 })).toMatchObject({
      kind: "retry",
    });
    expect(classifyItem(answer, { ...fresh, attempts: UNKNOWN_REFUSAL_ATTEMPTS })).toMatchObject({
      kind: "dead",
    });
  });
});

describe("one document is sent again", () => {
  test.each([
    [item(429, "es_rejected_execution_exception", "rejected execution of coordinating operation"), "busy"],
    [item(429, "circuit_breaking_exception", "[parent] Data too large"), "busy"],
    [
      item(
        429,
        "cluster_block_exception",
        "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]",
      ),
      "busy",
    ],
    [
      item(403, "cluster_block_exception", "blocked by: [FORBIDDEN/12/index read-only / allow delete (api)]"),
      "busy",
    ],
    [item(503, "unavailable_shards_exception", "primary shard is not active"), "unavailable"],
    [item(500, "whatever_exception", ""), "unavailable"],
    [item(401, "security_exception", "missing authentication credentials"), "set_up"],
    [item(403, "security_exception", "action [indices:data/write/bulk[s]] is unauthorized"), "set_up"],
    [
      item(
        404,
        "index_not_found_exception",
        "no such index [x] and the index creation request requires a data stream",
      ),
      "set_up",
    ],
    [item(404, "", ""), "set_up"],
    [item(404, "resource_not_found_exception", "pipeline [x] is missing"), "set_up"],
    [item(400, "index_closed_exception", "closed"), "set_up"],
    [item(403, "cluster_block_exception", "blocked by: [FORBIDDEN/5/index read-only (api)]"), "set_up"],
    [item(400, "timestamp_error", `the document timestamp [2026-01-10T02:00:00.000Z] ${RANGES}`), "too_new"],
    [item(400, "timestamp_error", `the document timestamp [2026-01-10T01:00:00.000Z] ${RANGES}`), "too_new"],
    [item(400, "", ""), "unknown_answer"],
    [item(302, "", ""), "unknown_answer"],
  ] as const)("%o because of %s", (answer, reason) => {
    expect(classifyItem(answer, fresh)).toMatchObject({ kind: "retry", reason });
  });
});

test("a document that is there already is done", () => {
  const answer = item(409, "version_conflict_engine_exception", "version conflict, document already exists");
  expect(classifyItem(answer, fresh)).toEqual({ kind: "duplicate" });
  expect(classifyItem(item(409, "other_conflict", ""), fresh)).toMatchObject({ kind: "retry" });
});

describe("a whole request", () => {
  test.each([
    [413, "", "", "split"],
    [400, "parse_exception", "malformed", "bisect"],
    [429, "", "", "retry"],
    [502, "", "", "retry"],
    [401, "security_exception", "", "retry"],
    [404, "", "", "retry"],
    [400, "media_type_header_exception", "", "retry"],
    [
      400,
      "illegal_argument_exception",
      "request [/x/_bulk] contains unrecognized parameter: [require_data_stream]",
      "retry",
    ],
    [302, "", "", "retry"],
  ] as const)("with status %i %s %s: %s", (...row) => {
    const [status, errorType, reason, kind] = row;
    expect(classifyRequest(status, errorType, reason).kind).toBe(kind);
  });
});

describe("an answer is read only when it says one thing about each document", () => {
  const good = { create: { status: 201 } };
  test.each([
    ["text", "<html>"],
    ["nothing", undefined],
    ["no items", { errors: false }],
    ["too few items", { errors: false, items: [good] }],
    ["too many items", { errors: false, items: [good, good, good] }],
    ["another operation", { errors: false, items: [good, { index: { status: 201 } }] }],
    [
      "two operations in one item",
      { errors: false, items: [good, { create: { status: 201 }, index: { status: 201 } }] },
    ],
    ["no status", { errors: false, items: [good, { create: {} }] }],
    ["a status that is none", { errors: false, items: [good, { create: { status: "201" } }] }],
    [
      "success with an error",
      { errors: false, items: [good, { create: { status: 201, error: { type: "x" } } }] },
    ],
    ["failure without an error", { errors: true, items: [good, { create: { status: 400 } }] }],
    ["null", { errors: false, items: [good, null] }],
  ])("not with %s", (_, body) => {
    expect(readBulkAnswer(body, 2)).toBeUndefined();
  });

  test("also when `errors` is false over a failed item", () => {
    const body = {
      errors: false,
      items: [good, { create: { status: 429, error: { type: "busy", reason: null } } }],
    };
    expect(readBulkAnswer(body, 2)).toMatchObject([
      { status: 201 },
      { status: 429, errorType: "busy", reason: "" },
    ]);
  });

  test("errors are read in both of their forms", () => {
    expect(readFailure({ error: { type: "t", reason: "r" }, status: 400 })).toEqual({
      errorType: "t",
      reason: "r",
    });
    expect(readFailure({ error: "no handler found", status: 400 })).toEqual({
      errorType: "",
      reason: "no handler found",
    });
    expect(readFailure("<html>")).toEqual({ errorType: "", reason: "<html>" });
    expect(readFailure(null)).toEqual({ errorType: "", reason: "" });
  });
});

describe("the text that all was created", () => {
  const answer = (documents: number, head = '{"errors":false,"items":['): string =>
    `${head}${Array.from({ length: documents }, () => '{"create":{"status":201}}').join(",")}]}`;

  test.each([
    ["one item is another", answer(3).replace("201", "200")],
    ["one item has an error", answer(3).replace("201", '201,"error":{"type":"x"}')],
    ["one document went to the failure store", answer(3).replace("201", '201,"failure_store":"used"')],
    ["errors", answer(3).replace("false", "true")],
    ["no item", answer(0)],
    ["an item cut off", answer(3).slice(0, -4)],
    ["something behind it", `${answer(3)}x`],
    ["something in its place", answer(3).replace(",", ";")],
    ["another order", '{"items":[{"create":{"status":201}}],"errors":false}'],
    ["spaces", answer(3).replace(":", ": ")],
  ])("is not seen in %s", (_, text) => {
    expect(readAllCreated(text)).toBeUndefined();
  });

  test.each([1, 2, 5000])("counts %i documents, and stands for no other number", (documents) => {
    for (const head of [undefined, '{"took":12,"errors":false,"items":[']) {
      const read = readAllCreated(answer(documents, head));
      expect(read?.documents).toBe(documents);
      expect(read?.inFull()).toEqual(JSON.parse(answer(documents)));
      expect(readBulkAnswer(read, documents)).toEqual(
        readBulkAnswer(JSON.parse(answer(documents)), documents),
      );
      expect(readBulkAnswer(read, documents + 1)).toBeUndefined();
      expect(readBulkAnswer(read, documents - 1)).toBeUndefined();
    }
  });
});
