/** docs/telegraf.md: no option and no behaviour of Telegraf is missing, and each row points to a test that exists. */
import { existsSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { DEFECTS } from "../../collectors/telegraf/defects.ts";

const root = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(root, "docs/telegraf.md"), "utf8");

/** Options of Telegraf 1.39.3, from the structs and sample files of the two plugins and the agent. */
const OPTIONS = {
  "Input: `inputs.burrow`":
    "servers api_prefix response_timeout concurrent_connections clusters_include clusters_exclude groups_include groups_exclude topics_include topics_exclude username password tls_ca tls_cert tls_key tls_key_pwd tls_min_version tls_cipher_suites insecure_skip_verify tls_server_name tls_renegotiation_method tls_enable ssl_ca ssl_cert ssl_key interval precision collection_jitter collection_offset alias name_override name_prefix name_suffix tags namepass namedrop fieldinclude fieldexclude tagpass tagdrop taginclude tagexclude metricpass log_level startup_error_behavior time_source labels",
  "Output: `outputs.elasticsearch`":
    "urls index_name default_tag_value timeout enable_sniffer enable_gzip health_check_interval health_check_timeout username password auth_bearer_token headers use_optype_create manage_template template_name overwrite_template template_index_settings force_document_id float_handling float_replacement_value use_pipeline default_pipeline tls_* flush_interval flush_jitter metric_batch_size metric_buffer_limit alias name_override name_prefix name_suffix namepass namedrop fieldinclude fieldexclude tagpass tagdrop taginclude tagexclude metricpass log_level startup_error_behavior",
  "Output: `outputs.file`":
    "files rotation_interval rotation_max_size rotation_max_archives data_format use_batch_format compression_algorithm compression_level",
  Agent:
    "interval collection_jitter collection_offset precision flush_interval flush_jitter round_interval metric_batch_size metric_buffer_limit buffer_strategy buffer_directory buffer_disk_sync hostname omit_hostname [global_tags] debug quiet logfile logformat logfile_rotation_* log_with_timezone structured_log_message_key statefile skip_processors_* always_include_*_tags",
} as const;

/** What a replacement must have or do better, by the first words of its row. */
const BEHAVIOURS = [
  "Burrow v3 endpoints, three measurements",
  "Status codes",
  "Extra Burrow data",
  "Null end",
  "URL encoding",
  "Include and exclude filters",
  "Concurrency, timeout, basic authentication, TLS, prefix",
  "Many Burrows",
  "Response validation",
  "Time of a poll",
  "Scrape health metric",
  "Document shape",
  "Index patterns",
  "Template",
  "Data streams, retention",
  "A user without the right to write",
  "gzip, sniffing, health checks, headers, pipelines, floats",
  "Authentication",
  "Elasticsearch versions",
  "Bulk partial failure",
  "Bulk sizing",
  "Parallel writes",
  "Document id",
  "Buffer, drop oldest",
  "Disk buffer",
  "Start with Elasticsearch or Burrow down",
  "Interval, jitter, no overlap",
  "SIGTERM",
  "SIGHUP",
  "SIGUSR1",
  "`--once`",
  "`--test`",
  "`config check`",
  "`--config` several times",
  "`--version`",
  "Environment variables in the file",
  "Secrets",
  "Unknown keys",
  "Self metrics, health",
  "Structured logs",
  "Host, global and local tags",
] as const;

type Row = { readonly first: string; readonly test: string };

function rowsOf(heading: string): readonly Row[] {
  const [, section = ""] = page.split(`### ${heading}\n`);
  const [body = ""] = section.split("\n###");
  return body
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => {
      const cells = line.split(" | ").map((cell) => cell.replace(/^\|?\s*/, "").replace(/\s*\|?$/, ""));
      return { first: cells[0] ?? "", test: cells.at(-1) ?? "" };
    });
}

/** What is wrong with a row's link: its file, or the part of a test that the row names. */
function problemsOf({ first, test: cell }: Row): readonly string[] {
  const { file = "", part = "" } = /\]\((?<file>[^)]+)\) `(?<part>.+)`$/.exec(cell)?.groups ?? {};
  const path = normalize(join(root, "docs", file));
  if (file === "" || part === "") return [`${first}: no test`];
  if (!file.endsWith(".test.ts") || !existsSync(path)) return [`${first}: ${file} is no test file`];
  return readFileSync(path, "utf8").includes(part) ? [] : [`${first}: ${file} has no ${part}`];
}

describe("the table of options and behaviours", () => {
  test.each(Object.entries(OPTIONS))("has every option of %s", (heading, names) => {
    const options = new Set(
      rowsOf(heading).flatMap(({ first }) => [...first.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)),
    );
    expect(names.split(" ").filter((name) => !options.has(name))).toEqual([]);
  });

  test("has every behaviour", () => {
    const found = rowsOf("Behaviour").map(({ first }) => first);
    expect(BEHAVIOURS.filter((name) => !found.some((first) => first.startsWith(name)))).toEqual([]);
  });

  test("names a test that exists in each row", () => {
    const rows = [...Object.keys(OPTIONS), "Behaviour"].flatMap(rowsOf);
    expect(rows.length).toBeGreaterThan(110);
    expect(rows.flatMap(problemsOf)).toEqual([]);
  });

  test("a row without a test, or with one that is gone, is found", () => {
    const link = "[x](../collectors/telegraf/shape.test.ts)";
    expect(problemsOf({ first: "a", test: "none" })).toEqual(["a: no test"]);
    expect(problemsOf({ first: "a", test: "[x](../nowhere.test.ts) `y`" })).toHaveLength(1);
    expect(problemsOf({ first: "a", test: `${link} \`no such test\`` })).toHaveLength(1);
  });

  test("has every defect, with a test of both forms", () => {
    for (const [name, sentence] of Object.entries(DEFECTS)) {
      const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
      expect(row).toContain(sentence);
    }
  });
});
