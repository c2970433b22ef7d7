/** Lagline's documents against what Telegraf 1.39.3 sent for the same Burrow (tests/fixtures/telegraf). */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareDocuments, reasonFor } from "../../scripts/telegraf/differences.ts";
import type { FakeBurrow } from "../../tests/fakes/fake-burrow.ts";
import { makeScraper } from "../../tests/fakes/scraping.ts";
import {
  CORPUS_CLUSTER,
  NOT_FOUND_GROUP,
  ODD_GROUPS,
  ROUNDED_GROUP,
  startTelegrafCorpus,
} from "../../tests/fakes/telegraf-corpus.ts";
import { DEFECTS, type DefectForm } from "./defects.ts";
import { createTelegrafShape, telegrafReadings } from "./index.ts";

const golden = readFileSync(
  new URL("../../tests/fixtures/telegraf/documents.ndjson", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n");
const selfGroup = `burrow-${CORPUS_CLUSTER}`;
const measurements = ["burrow_group", "burrow_partition", "burrow_topic"] as const;
let burrow: FakeBurrow;

beforeEach(async () => {
  burrow = await startTelegrafCorpus();
});

afterEach(async () => {
  await burrow.close();
});

async function collect(defects: DefectForm): Promise<string[]> {
  const options = telegrafReadings({ defects, measurements });
  const scraper = makeScraper({ urls: [burrow.url], options });
  const tick = createTelegrafShape({
    cluster: CORPUS_CLUSTER,
    defects,
    measurements,
    extraFields: false,
    tags: {},
  }).beginTick({ tickMs: 1_795_251_000_000 });
  const documents: unknown[] = [];
  for await (const event of scraper.scrape(new AbortController().signal)) {
    if (event.type === "topic") documents.push(...tick.addTopic(event.reading));
    if (event.type === "group") documents.push(...tick.addGroup(event.reading));
    if (event.type === "unreadable") tick.addUnreadable(event.group, event.problem);
  }
  documents.push(...tick.finish());
  scraper.close();
  return documents.map((document) => JSON.stringify(document));
}

describe("the documents of one Burrow", () => {
  test("are Telegraf's, field by field, where the defects are kept", async () => {
    const found = compareDocuments(golden, await collect("keep"));
    expect(
      found.filter(
        (difference) => reasonFor(difference, { form: "keep", selfGroup, rounded: [ROUNDED_GROUP] }) === null,
      ),
    ).toEqual([]);
    // What stays is the time that no JSON parser of JavaScript can read, in the group and its two partitions.
    expect(found.map(({ what }) => what)).toEqual(["field.timestamp", "field.timestamp", "field.timestamp"]);
  });

  test("differ from Telegraf's by the mended defects only, where they are mended", async () => {
    const found = compareDocuments(golden, await collect("fix"));
    const reasons = found.map((difference) =>
      reasonFor(difference, { form: "fix", selfGroup, rounded: [ROUNDED_GROUP] }),
    );
    expect(found.filter((_, index) => reasons[index] === null)).toEqual([]);
    const mended = (
      ["status_codes", "absent_as_zero", "not_found_groups", "odd_names", "self_group"] as const
    ).map((defect) => DEFECTS[defect]);
    expect(reasons).toEqual(expect.arrayContaining(mended));
  });

  test("include groups with odd names and groups that are gone, which Telegraf never shows", async () => {
    const groups = (await collect("fix")).map((text) => {
      const { tag }: { tag: { group?: string } } = JSON.parse(text);
      return tag.group;
    });
    expect(groups).toEqual(expect.arrayContaining([...ODD_GROUPS, NOT_FOUND_GROUP]));
    expect(golden.some((text) => ODD_GROUPS.some((group) => text.includes(JSON.stringify(group))))).toBe(
      false,
    );
  });

  test("a difference that nobody means is found", async () => {
    const spoiled = (await collect("keep")).map((text) => text.replace('"total_lag":900', '"total_lag":901'));
    const found = compareDocuments(golden, spoiled);
    const context = { form: "keep", selfGroup, rounded: [ROUNDED_GROUP] } as const;
    expect(
      found.filter((difference) => reasonFor(difference, context) === null).map(({ what }) => what),
    ).toContain("field.total_lag");
  });
});
