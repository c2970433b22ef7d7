import { describe, expect, test } from "vitest";
import { parseConfig } from "./load.ts";
import type { Config } from "./schema.ts";

const configWith = (collector: Record<string, unknown>): Config =>
  parseConfig(
    JSON.stringify({
      environment: "t",
      clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
      elasticsearch: { external: { url: "http://127.0.0.1:9200" } },
      collector,
    }),
    "lagline.yaml",
  );

describe("collector.outputs.file", () => {
  test.each([
    [{ path: "x" }, "collector.outputs.file.path is not a setting."],
    [{ files: 1 }, "collector.outputs.file.files must be at least 2"],
    [{ file_bytes: 1_000 }, "collector.outputs.file.file_bytes must be at least 65536"],
    [{ file_bytes: 100_000 }, "file_bytes must be at least collector.bulk_bytes (1048576)"],
    [{ directory: "var/spool" }, "directory must not be collector.spool_directory"],
  ])("of %j is refused", (file, sentence) => {
    expect(() => configWith({ outputs: { file } })).toThrow(sentence);
  });

  test("says all that is wrong at once", () => {
    const file = { file_bytes: 100_000, directory: "var/spool" };
    expect(() => configWith({ outputs: { file } })).toThrow(/bulk_bytes[^]*spool_directory/);
  });

  test("is not there unless it is asked for, and then bounded", () => {
    expect(configWith({}).collector.outputs).toEqual({});
    expect(configWith({ outputs: { file: {} } }).collector.outputs.file).toMatchObject({
      file_bytes: 67_108_864,
      files: 8,
    });
  });
});
