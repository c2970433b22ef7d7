import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Account, checkAccount, checkSuccession, readAccount } from "../support/conservation.ts";

const GOOD: Account = {
  made: 100,
  accepted: 100,
  recovered: 20,
  stored: 60,
  duplicate: 10,
  deadLettered: 5,
  droppedBy: new Map([
    ["age", 10],
    ["size", 5],
  ]),
  waiting: 30,
  lost: 7,
  reportedBy: new Map([["document_parsing_exception", 5]]),
};

describe("a broken account is caught", () => {
  test.each(["made", "accepted", "recovered", "stored", "duplicate", "deadLettered", "waiting"] as const)(
    "when %s is off by any number",
    (name) => {
      fc.assert(
        fc.property(
          fc.integer({ min: -1000, max: 1000 }).filter((off) => off !== 0),
          (off) => {
            expect(checkAccount({ ...GOOD, [name]: GOOD[name] + off })).not.toEqual([]);
          },
        ),
      );
    },
  );

  test("when documents are dropped and not counted, or for a reason that nobody knows", () => {
    expect(checkAccount({ ...GOOD, droppedBy: new Map([["age", 10]]) })).toEqual([
      "120 documents came in (20 found, 100 accepted), but 115 are accounted for: stored 60, duplicate 10, dead-lettered 5, dropped 10, waiting 30.",
    ]);
    expect(checkAccount({ ...GOOD, droppedBy: new Map([["whim", 15]]) })).toEqual([
      "Documents were dropped for an unknown reason (whim).",
    ]);
  });

  test("when more dead letters are reported than written", () => {
    expect(checkAccount({ ...GOOD, reportedBy: new Map([["x", 6]]) })).toEqual([
      "6 dead letters were reported, but 5 written.",
    ]);
  });

  test("when a counter falls", () => {
    expect(checkSuccession(GOOD, { ...GOOD, stored: 59, waiting: 31 })).toEqual([
      "stored fell from 60 to 59.",
    ]);
  });

  test("when a metric is missing or no number of documents", () => {
    expect(() => readAccount("lagline_documents_total 1\n")).toThrow("no lagline_documents_accepted_total");
    expect(() => readAccount("lagline_documents_total 1.5\n")).toThrow("no number of documents");
  });
});

describe("a good account", () => {
  test("has no fault, and the number that waits may fall", () => {
    expect(checkAccount(GOOD)).toEqual([]);
    expect(checkSuccession(GOOD, { ...GOOD, stored: 90, waiting: 0 })).toEqual([]);
  });

  test("is read from the text of /metrics", () => {
    const text = [
      "# HELP lagline_documents_total Documents made and accepted into the spool.",
      "lagline_documents_total 100",
      "lagline_documents_accepted_total 100",
      "lagline_documents_recovered_total 20",
      "lagline_documents_stored_total 60",
      "lagline_documents_duplicate_total 10",
      "lagline_documents_dead_lettered_total 5",
      'lagline_spool_dropped_documents_total{reason="age"} 10',
      'lagline_spool_dropped_documents_total{reason="size"} 5',
      "lagline_spool_documents 30",
      "lagline_documents_lost_total 7",
      'lagline_dead_letters_total{error_type="document_parsing_exception"} 5',
      "lagline_dead_letters_dropped_total 3",
    ].join("\n");
    expect(readAccount(text)).toEqual(GOOD);
  });
});
