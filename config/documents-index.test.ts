import { describe, expect, test } from "vitest";
import { documentsIndex, readableIndex } from "./documents-index.ts";
import { parseConfig } from "./load.ts";

type Index = Record<string, unknown>;

function configOf(index: Index, collector: Record<string, unknown> = {}) {
  return parseConfig(
    JSON.stringify({
      environment: "prod",
      clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
      elasticsearch: { external: { url: "http://127.0.0.1:9200" }, index },
      collector,
    }),
    "lagline.yaml",
  );
}

function messageOf(index: Index, collector: Record<string, unknown> = {}): string {
  try {
    configOf(index, collector);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
}

const telegraf = { shape: "telegraf" };

describe("a layout is refused", () => {
  test("with every problem of its name at once", () => {
    const message = messageOf({ mode: "daily", name: "Lag %q {{owner}}-%V" });
    expect(message).toContain("5 problems");
    expect(message).toContain("elasticsearch.index.name must be lower case");
    expect(message).toContain("elasticsearch.index.name has %q");
    expect(message).toContain("elasticsearch.index.name has {{owner}}, which cannot be part of a name");
    expect(message).toContain("elasticsearch.index.name has the week %V without its year %G");
  });

  test.each([
    ["dates in the name of a data stream", { mode: "data_stream", name: "lag-%Y" }, "only mode daily knows"],
    ["a field in the name of a data stream", { name: "lag-{{cluster}}" }, "no field can here"],
    [
      "the lifecycle of a data stream in mode daily",
      { mode: "daily", lifecycle: "data_stream" },
      "must be ilm, lagline or none",
    ],
    [
      "retention of Lagline's own where names tell no day",
      { mode: "daily", name: "lag-all", lifecycle: "lagline" },
      "tells its day, week, month or year",
    ],
    [
      "retention of Lagline's own with templates of somebody else",
      { lifecycle: "lagline", manage_templates: false },
      "only with manage_templates",
    ],
    ["a policy that nothing uses", { ilm_policy: "mine" }, "only used with lifecycle ilm"],
    ["a second pipeline without a first", { default_pipeline: "mine" }, "only used with pipeline"],
    ["an unknown field in the pipeline", { pipeline: "p-{{partition}}" }, "has {{partition}}"],
    [
      "a setting that is none of an index",
      { settings: { refresh_interval: "5s" } },
      "full name of an index setting",
    ],
    ["an unknown mode", { mode: "weekly" }, "time_series"],
  ])("for %s", (_name, index, reason) => {
    expect(messageOf(index)).toContain(reason);
  });

  test.each(["host", "owner", "cluster"])("for a tag %s of the collector's own", (name) => {
    expect(messageOf({}, { ...telegraf, telegraf: { tags: { [name]: "x" } } })).toContain(
      "set by the collector",
    );
  });
});

describe("what is left out", () => {
  test("is a time series data stream with its own lifecycle", () => {
    expect(documentsIndex(configOf({}))).toMatchObject({
      shape: "native",
      mode: "time_series",
      name: "metrics-kafka.consumer_lag-prod",
      search: "metrics-kafka.consumer_lag-prod",
      templateName: "metrics-kafka.consumer_lag-prod",
      lifecycle: "data_stream",
    });
  });

  test("is Telegraf's daily indices in shape telegraf", () => {
    expect(documentsIndex(configOf({}, telegraf))).toMatchObject({
      shape: "telegraf",
      mode: "daily",
      name: "telegraf-%Y.%m.%d",
      search: "telegraf-*.*.*",
      templateName: "lagline-prod",
      lifecycle: "ilm",
    });
  });

  test("is a stream of another name for shape telegraf, because its fields are others", () => {
    const { name, lifecycle } = documentsIndex(configOf({ mode: "time_series" }, telegraf));
    expect(name).toBe("metrics-kafka.consumer_lag_telegraf-prod");
    expect(lifecycle).toBe("data_stream");
  });

  test("is a daily name of Lagline's own for its own documents", () => {
    expect(documentsIndex(configOf({ mode: "daily" })).search).toBe("lagline-prod-*.*.*");
  });
});

test("tags of the configuration can stand in names", () => {
  const collector = { ...telegraf, telegraf: { tags: { datacenter: "eu-1" } } };
  const { search, tags } = documentsIndex(configOf({ name: "telegraf-{{datacenter}}-%Y.%m.%d" }, collector));
  expect(search).toBe("telegraf-*-*.*.*");
  expect(tags).toEqual(["datacenter"]);
});

test("what reads Lagline's own documents says that there are none in shape telegraf", () => {
  expect(readableIndex(configOf({}))).toBe("metrics-kafka.consumer_lag-prod");
  expect(() => readableIndex(configOf({}, telegraf))).toThrow(/collector\.shape is telegraf/);
});
