import { afterEach, expect, test } from "vitest";
import { documentsIndex } from "../../config/documents-index.ts";
import { index } from "../../config/index-schema.ts";
import { telegraf } from "../../config/telegraf-schema.ts";
import { startJsonServer } from "../../tests/fakes/json-server.ts";
import { createElasticsearchHttp } from "../elasticsearch/client.ts";
import { readIndices } from "./read.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const daily = documentsIndex({
  environment: "prod",
  elasticsearch: { index: index.parse({ mode: "daily" }) },
  collector: { shape: "native", telegraf: telegraf.parse({}) },
});

async function readThere(answer: { status?: number; body: unknown }) {
  const server = await startJsonServer({
    [`GET /${daily.search}`]: { body: {} },
    "POST /_security/user/_has_privileges": answer,
  });
  closing.push(server.stop);
  const http = await createElasticsearchHttp({ urls: [server.url], files: {} });
  closing.push(async () => http.close());
  return readIndices({ http, index: daily, signal: AbortSignal.timeout(5_000) });
}

const may = (rights: Readonly<Record<string, boolean>>) => ({
  username: "lagline-retention",
  index: { [daily.search]: rights },
});

test("no index at all is believed to a user that may see them", async () => {
  expect(await readThere({ body: may({ view_index_metadata: true, delete_index: true }) })).toEqual([]);
});

test.each([400, 404, 405])("and where there is no security, which answers %i", async (status) => {
  expect(await readThere({ status, body: { error: "no handler found", status } })).toEqual([]);
});

test("a user that may not see them is named, with what it lacks", async () => {
  await expect(readThere({ body: may({ view_index_metadata: false, delete_index: false }) })).rejects.toThrow(
    `Retention sees no index of ${daily.search}: the user lagline-retention lacks view_index_metadata, delete_index on them.`,
  );
});

test.each([
  ["is refused", { status: 403, body: { error: { type: "security_exception", reason: "no" }, status: 403 } }],
  ["fails", { status: 503, body: { error: { type: "unavailable", reason: "starting" }, status: 503 } }],
  ["gets another answer", { body: { hello: "world" } }],
])("is not believed when the question %s", async (_name, answer) => {
  await expect(readThere(answer)).rejects.toMatchObject({ code: expect.stringMatching(/^LAGLINE_/) });
});
