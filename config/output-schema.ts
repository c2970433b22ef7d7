/** `collector.outputs`: places for documents beside Elasticsearch. */
import { z } from "zod";
import { filePath } from "./common-schema.ts";

const file = z
  .strictObject({
    directory: filePath
      .default("var/documents")
      .describe(
        "Where the files are, in a folder per cluster: `documents-<number>-<time of its first tick>.ndjson`, the highest number is being written. In a deployment this is a folder of the collector's volume.",
      ),
    file_bytes: z
      .int()
      .min(65_536)
      .default(67_108_864)
      .describe("A file is closed before it grows beyond this. At least collector.bulk_bytes."),
    files: z
      .int()
      .min(2)
      .max(1000)
      .default(8)
      .describe(
        "Files that are kept per cluster; the oldest is removed before another is begun. Together they take at most files × file_bytes.",
      ),
  })
  .describe(
    "Every document that the spool accepted, one JSON document per line, as it is sent to Elasticsearch (without index and id). What goes wrong with it is counted and said and never holds delivery up for more than 5 s. There is no collector without Elasticsearch; `lagline collect --print` needs none.",
  );

export const outputs = z
  .strictObject({ file: file.optional() })
  .prefault({})
  .describe("Places for documents beside Elasticsearch, for debugging and tests. None by default.");

/** Problems between these settings and the collector's others. */
export function outputProblems(collector: {
  readonly bulk_bytes: number;
  readonly spool_directory: string;
  readonly outputs: z.output<typeof outputs>;
}): readonly { readonly path: readonly string[]; readonly input: unknown; readonly message: string }[] {
  const { file: found } = collector.outputs;
  if (found === undefined) return [];
  const path = ["collector", "outputs", "file"];
  return [
    ...(found.file_bytes < collector.bulk_bytes
      ? [
          {
            path: [...path, "file_bytes"],
            input: found.file_bytes,
            message: `must be at least collector.bulk_bytes (${collector.bulk_bytes}): a batch is written as a whole`,
          },
        ]
      : []),
    ...(found.directory === collector.spool_directory
      ? [
          {
            path: [...path, "directory"],
            input: found.directory,
            message: "must not be collector.spool_directory: each is locked by its own user",
          },
        ]
      : []),
  ];
}
