import { describe, expect, test } from "vitest";
import { documentsIndex } from "../../config/documents-index.ts";
import { parseConfig } from "../../config/load.ts";
import { bulkTarget, viewDocument } from "./destination.ts";
import { documentId } from "./document-id.ts";

function targetOf(index: Record<string, unknown>, collector: Record<string, unknown> = {}) {
  const config = parseConfig(
    JSON.stringify({
      environment: "prod",
      clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
      elasticsearch: { external: { url: "http://127.0.0.1:9200" }, index },
      collector,
    }),
    "lagline.yaml",
  );
  return bulkTarget(documentsIndex(config));
}

type Action = { create: { _index?: string; _id?: string; pipeline?: string } };

function actionOf(target: ReturnType<typeof targetOf>, document: unknown): Action["create"] {
  const line = Buffer.from(`${JSON.stringify(document)}\n`);
  return readAction(target, line).create;
}

/** The action line as it is sent: each character of it is one byte. */
function readAction({ action }: ReturnType<typeof targetOf>, line: Buffer): Action {
  // Between two other lines, as in a batch.
  const bytes = Buffer.concat([Buffer.from("{}\n"), line, Buffer.from("{}\n")]);
  const text = typeof action === "function" ? action(bytes, 3, 3 + line.length) : action.toString("utf8");
  expect(text).toMatch(/^[\0-\x7f]+\n$/);
  return JSON.parse(text);
}

const native = {
  "@timestamp": "2026-11-21T23:59:30.000Z",
  record: "partition",
  cluster: "orders",
  group: "billing",
  topic: "invoices",
  partition: "0",
  partition_owner: "10.0.0.1",
  lag: 5,
};
const telegraf = {
  "@timestamp": "2026-11-21T23:59:30.000Z",
  measurement_name: "burrow_partition",
  tag: { cluster: "Orders EU", group: "billing", topic: "t", partition: "0", owner: "/10.0.0.1", host: "a" },
  burrow_partition: { lag: 5 },
};
const shape = { shape: "telegraf" };

describe("a time series data stream", () => {
  test("gets no identity, because Elasticsearch refuses one", () => {
    const target = targetOf({});
    expect(target).toMatchObject({ stream: "metrics-kafka.consumer_lag-prod", requireDataStream: true });
    expect(actionOf(target, native)).toEqual({});
  });

  test("can have an ingest pipeline", () => {
    expect(actionOf(targetOf({ pipeline: "mask" }), native)).toEqual({ pipeline: "mask" });
    expect(actionOf(targetOf({ pipeline: "mask-{{cluster}}" }), native)).toEqual({ pipeline: "mask-orders" });
  });
});

describe("a plain data stream", () => {
  test("gets an identity and the name of the stream", () => {
    const target = targetOf({ mode: "data_stream" });
    expect(target).toMatchObject({ stream: "metrics-kafka.consumer_lag-prod", requireDataStream: true });
    expect(Object.keys(actionOf(target, native))).toEqual(["_id"]);
  });
});

describe("daily indices", () => {
  test("are named by the document's time, not by the clock", () => {
    const target = targetOf({ mode: "daily" });
    expect(target).not.toHaveProperty("stream");
    expect(target.requireDataStream).toBe(false);
    expect(actionOf(target, native)._index).toBe("lagline-prod-2026.11.21");
    const next = { ...native, "@timestamp": "2026-11-22T00:00:00.000Z" };
    expect(actionOf(target, next)._index).toBe("lagline-prod-2026.11.22");
    expect(actionOf(target, native)._index).toBe("lagline-prod-2026.11.21");
  });

  test("change with the hour where their name has it, and with the ISO week and its year", () => {
    const hourly = targetOf({ mode: "daily", name: "l-%Y.%m.%d.%H" });
    const weekly = targetOf({ mode: "daily", name: "l-%G.%V" });
    const at = (target: ReturnType<typeof targetOf>, time: string) =>
      actionOf(target, { ...native, "@timestamp": time })._index;
    expect(at(hourly, "2026-11-21T22:59:59.000Z")).toBe("l-2026.11.21.22");
    expect(at(hourly, "2026-11-21T23:00:00.000Z")).toBe("l-2026.11.21.23");
    expect(at(weekly, "2027-01-03T23:59:30.000Z")).toBe("l-2026.53");
    expect(at(weekly, "2027-01-04T00:00:00.000Z")).toBe("l-2027.01");
  });

  test("are Telegraf's in shape telegraf, and follow the document's time from line to line", () => {
    const target = targetOf({}, shape);
    const next = { ...telegraf, "@timestamp": "2026-11-22T00:00:00.000Z" };
    const [first, second, third] = [telegraf, next, telegraf].map((document) => actionOf(target, document));
    expect(first?._index).toBe("telegraf-2026.11.21");
    expect(second?._index).toBe("telegraf-2026.11.22");
    expect(third).toEqual(first);
    expect(second?._id).not.toBe(first?._id);
  });

  test("take fields of the document into their names, cleaned, and stand in for those that are missing", () => {
    const target = targetOf({ name: "t-{{cluster}}-{{host}}-%Y", missing_field_value: "nowhere" }, shape);
    expect(actionOf(target, telegraf)._index).toBe("t-orders_eu-a-2026");
    const { host: _, ...tag } = telegraf.tag;
    expect(actionOf(target, { ...telegraf, tag })._index).toBe("t-orders_eu-nowhere-2026");
    expect(actionOf(target, telegraf)._index).toBe("t-orders_eu-a-2026");
  });

  test.each([
    ["p-{{cluster}}-{{datacenter}}", { datacenter: "eu" }, "p-Orders EU-eu"],
    ["p-{{cluster}}-{{datacenter}}", {}, "fallback"],
  ])("take a pipeline %s with tags %j as %s", (pipeline, more, expected) => {
    const target = targetOf(
      { pipeline, default_pipeline: "fallback" },
      { ...shape, telegraf: { tags: { datacenter: "eu" } } },
    );
    expect(actionOf(target, { ...telegraf, tag: { ...telegraf.tag, ...more } }).pipeline).toBe(expected);
  });

  test("name what ASCII does not have in ASCII, and it is the same name", () => {
    const target = targetOf({ pipeline: "größe-😀-{{cluster}}" }, shape);
    expect(actionOf(target, telegraf).pipeline).toBe("größe-😀-Orders EU");
    expect(actionOf(targetOf({ pipeline: "größe" }, shape), telegraf).pipeline).toBe("größe");
  });

  test("go without a pipeline where a field is missing and there is no default", () => {
    const target = targetOf({ pipeline: "p-{{topic}}" }, shape);
    const { topic: _, ...tag } = telegraf.tag;
    expect(actionOf(target, { ...telegraf, tag })).not.toHaveProperty("pipeline");
  });
});

describe("a line that is no document", () => {
  test.each(['{"@timestamp":', "null", '"text"', '{"@timestamp":"yesterday"}', "{}"])(
    "such as %s is sent on its own account, for Elasticsearch to refuse",
    (line) => {
      for (const target of [targetOf({ mode: "daily" }), targetOf({}, shape)]) {
        const action = readAction(target, Buffer.from(`${line}\n`));
        expect(action.create._index).toMatch(/-1970\.01\.01$/);
        expect(action.create._id).toMatch(/^[A-Za-z0-9_-]{22}$/);
      }
    },
  );
});

describe("the identity of a document", () => {
  const idOf = (document: unknown, of: "native" | "telegraf"): string =>
    documentId(viewDocument(JSON.stringify(document), of).identity);

  test("is the same for the same series and time, whatever else the document says", () => {
    expect(idOf({ ...native, partition_owner: "10.0.0.2", lag: 9 }, "native")).toBe(idOf(native, "native"));
    const tag = { ...telegraf.tag, owner: "/10.0.0.2", host: "b" };
    expect(idOf({ ...telegraf, tag, burrow_partition: { lag: 9 } }, "telegraf")).toBe(
      idOf(telegraf, "telegraf"),
    );
  });

  test.each(["@timestamp", "record", "cluster", "group", "topic", "partition"])(
    "is another for another %s",
    (name) => {
      expect(idOf({ ...native, [name]: "2026-11-21T23:59:31.000Z" }, "native")).not.toBe(
        idOf(native, "native"),
      );
    },
  );

  test("tells a value that is missing from one that is empty, and does not let values run together", () => {
    const { topic: _, ...without } = native;
    expect(idOf(without, "native")).not.toBe(idOf({ ...native, topic: "" }, "native"));
    expect(idOf({ ...native, group: "a", topic: "bc" }, "native")).not.toBe(
      idOf({ ...native, group: "ab", topic: "c" }, "native"),
    );
  });

  test("is short and safe to write", () => {
    expect(idOf(native, "native")).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });
});
