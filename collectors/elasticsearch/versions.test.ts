import { expect, test } from "vitest";
import { explainUnknownParameter, refusalOfVersion } from "./versions.ts";

const refused = (number: string, distribution?: string): string | undefined =>
  refusalOfVersion({ number, distribution })?.message;

test.each([
  ["7.17.9", undefined, "Elasticsearch 7.17.9 is too old."],
  ["8.12.2", undefined, "Elasticsearch 8.12.2 is too old."],
  ["2.11.0", "opensearch", "This is opensearch 2.11.0, not Elasticsearch."],
  ["9.1.0", "opensearch", "This is opensearch 9.1.0, not Elasticsearch."],
  ["10.0.0", undefined, "Elasticsearch 10.0.0 is newer than this build of Lagline knows."],
])("%s of %s is refused by its name", (number, distribution, message) => {
  expect(refused(number, distribution)).toBe(message);
});

test.each(["8.13.0", "8.19.8", "9.0.0", "9.99.0-SNAPSHOT"])("%s is taken", (number) => {
  expect(refused(number)).toBeUndefined();
});

test("a bulk request to such a server says what it is, and any other refusal stays what it was", () => {
  expect(
    explainUnknownParameter("request [/x/_bulk] contains unrecognized parameter: [require_data_stream]"),
  ).toContain(": it is older than 8.13, or OpenSearch. Lagline works with Elasticsearch 8.19 and 9.");
  expect(explainUnknownParameter("request [/x/_bulk] contains unrecognized parameter: [pretty]")).toBeNull();
});
