/** `[[outputs.elasticsearch]]` to `elasticsearch` and what belongs to it in `collector`. */
import { type CollectorDraft, batchSize } from "./agent.ts";
import { type Table, type TomlTable, isTable } from "./table.ts";
import { METRIC_FILTERS } from "./metric-filters.ts";
import type { Secrets } from "./secrets.ts";
import { type TlsDraft, readTls } from "./tls.ts";

export type ElasticsearchDraft = {
  external: {
    url?: string;
    urls?: string[];
    username?: string;
    password_file?: string;
    api_key_file?: string;
    bearer_token_file?: string;
    headers?: Record<string, string>;
    tls?: TlsDraft;
  };
  index: {
    mode?: "data_stream";
    name?: string;
    missing_field_value?: string;
    pipeline?: string;
    default_pipeline?: string;
    manage_templates?: false;
    overwrite_templates?: true;
    settings?: Record<string, string | number | boolean>;
  };
};

export const STAND_IN_URL = "http://127.0.0.1:9200";

export function readElasticsearch(
  table: Table,
  about: { readonly collector: CollectorDraft; readonly secrets: Secrets },
): ElasticsearchDraft {
  const draft: ElasticsearchDraft = { external: {}, index: {} };
  readAddresses(table, draft, about.secrets);
  readCredentials(table, draft, about.secrets);
  const { url, urls = [] } = draft.external;
  const tls = readTls(table, url === undefined ? urls : [url]);
  if (tls !== undefined) draft.external.tls = tls;
  readIndex(table, draft);
  readTemplate(table, draft);
  about.collector.gzip = table.flag("enable_gzip") ?? false;
  const batch = table.whole("metric_batch_size");
  if (batch !== undefined) about.collector.bulk_documents = batchSize(batch);
  if (table.flag("force_document_id") === false) {
    table.note(
      "force_document_id",
      "documents always have an id of their own, so that none is stored twice.",
    );
  }
  table.without({
    timeout: "a bulk request may take 60 s; it is sent again when there was no answer.",
    enable_sniffer: "nodes are not looked for: name several addresses, or a load balancer.",
    health_check_interval: "there is no separate health check: the answer to each request tells.",
    health_check_timeout: "there is no separate health check: the answer to each request tells.",
    float_handling: "no number of a document can be NaN or infinite.",
    float_replacement_value: "no number of a document can be NaN or infinite.",
    template_name: "templates are called lagline-<environment>; yours is left alone.",
    flush_interval: "documents are sent as soon as their cycle is on disk.",
    flush_jitter: "documents are sent as soon as their cycle is on disk.",
    metric_buffer_limit: "documents wait on disk, bounded by collector.spool.",
    startup_error_behavior: "the collector starts without Elasticsearch, and sends when it is there.",
    alias: "there is one output.",
    log_level: "collector.log_level is for the whole collector.",
    ...METRIC_FILTERS,
  });
  table.finish();
  return draft;
}

function readAddresses(table: Table, { external }: ElasticsearchDraft, secrets: Secrets): void {
  const urls = (table.texts("urls") ?? []).flatMap((address) => {
    if (!URL.canParse(address) || !/^https?:/.test(address)) {
      table.note("urls", `${STAND_IN_URL} stands in for an address that cannot be read.`);
      return [STAND_IN_URL];
    }
    const url = new URL(address);
    if (url.username !== "") {
      external.username = decodeURIComponent(url.username);
      const value = decodeURIComponent(url.password);
      external.password_file = secrets.add(`${table.name}.urls`, { name: "elasticsearch-password", value });
      url.username = "";
      url.password = "";
    }
    return [url.href.replace(/\/$/, "")];
  });
  const [first = STAND_IN_URL, ...others] = new Set(urls);
  if (urls.length === 0) table.note("urls", `is not set: ${STAND_IN_URL} stands in.`);
  if (others.length === 0) external.url = first;
  else external.urls = [first, ...others];
}

/** There as here only one reaches the server: a header of the file goes before a token, and that before a user. */
function readCredentials(table: Table, draft: ElasticsearchDraft, secrets: Secrets): void {
  const { external } = draft;
  const username = table.text("username");
  const password = table.text("password");
  const token = table.text("auth_bearer_token");
  const key = readHeaders(table, draft);
  if (key !== undefined || token !== undefined) {
    // Those of an address.
    delete external.username;
    delete external.password_file;
  }
  const keep = (option: string, name: string, value: string): string =>
    secrets.add(`${table.name}.${option}`, { name: `elasticsearch-${name}`, value });
  if (key !== undefined) external.api_key_file = keep(`headers.${key.header}`, "api-key", key.value);
  else if (token !== undefined) external.bearer_token_file = keep("auth_bearer_token", "token", token);
  // Telegraf sends them only together.
  else if (username !== undefined && password !== undefined) {
    external.username = username;
    external.password_file = keep("password", "password", password);
  }
  const winner = external.api_key_file === undefined ? "the token" : "the API key in headers";
  if (token !== undefined && external.bearer_token_file === undefined)
    table.note("auth_bearer_token", `is left out: ${winner} goes before it.`);
  if (username !== undefined && external.username === undefined)
    table.note(
      "password",
      key === undefined && token === undefined ? HALF : `is left out: ${winner} goes before it.`,
    );
}

const HALF = "is not set, so username is left out: Telegraf sends them only together.";

/** The key of an API key; all others go into the draft, or are named. */
function readHeaders(
  table: Table,
  { external }: ElasticsearchDraft,
): { readonly header: string; readonly value: string } | undefined {
  let found: { readonly header: string; readonly value: string } | undefined;
  for (const [header, raw] of Object.entries(table.table("headers") ?? {})) {
    const values: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
    const text = values.filter((value) => typeof value === "string").join(", ");
    const key = /^ApiKey\s+(?<key>\S+)$/i.exec(text)?.groups?.["key"];
    if (header.toLowerCase() === "authorization" && key !== undefined) found = { header, value: key };
    else if (MAY_BE_SECRET.test(header)) {
      table.note(
        `headers.${header}`,
        "is not carried over: it may be a secret, and headers stand in the configuration as they are.",
      );
    } else if (OWN.test(header)) {
      table.note(`headers.${header}`, "is set by the collector itself.");
    } else {
      external.headers = { ...external.headers, [header]: text };
    }
  }
  return found;
}

const OWN = /^(accept|connection|content-(encoding|length|type)|host|transfer-encoding)$/i;
const MAY_BE_SECRET = /auth|cookie|key|secret|token|password|credential|session/i;

function readIndex(table: Table, { index }: ElasticsearchDraft): void {
  const name = table.text("index_name");
  const missing = table.text("default_tag_value");
  if (missing !== undefined) index.missing_field_value = missing;
  const pipeline = table.text("use_pipeline");
  const fallback = table.text("default_pipeline");
  if (pipeline !== undefined) index.pipeline = pipeline;
  if (fallback !== undefined && pipeline !== undefined) index.default_pipeline = fallback;
  const creates = table.flag("use_optype_create") === true;
  if (name === undefined) return;
  index.name = name;
  if (creates && !/[%{]/.test(name)) {
    index.mode = "data_stream";
    table.note("use_optype_create", `${name} is taken for a data stream.`);
  }
  if (name.includes("%V") && !name.includes("%G")) {
    index.name = name.replaceAll("%Y", "%G");
    table.note(
      "index_name",
      "has the week %V with the year %Y, which is another one around New Year; it is %G now, and weeks have two digits.",
    );
  }
}

function readTemplate(table: Table, { index }: ElasticsearchDraft): void {
  const manages = table.flag("manage_template") === true;
  if (!manages) {
    index.manage_templates = false;
    table.note(
      "manage_template",
      "is off, so index templates stay yours; see docs/telegraf.md for the types that keep numbers exact.",
    );
  }
  if (table.flag("overwrite_template") === true && manages) index.overwrite_templates = true;
  const settings = table.table("template_index_settings");
  if (settings === undefined) return;
  index.settings = flatten(settings, "index.");
  table.note(
    "template_index_settings",
    "are laid over Lagline's own settings; Telegraf replaces all of them.",
  );
}

function flatten(table: TomlTable, prefix: string): Record<string, string | number | boolean> {
  const flat: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(table)) {
    if (isTable(value)) Object.assign(flat, flatten(value, `${prefix}${name}.`));
    else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      flat[prefix + name] = value;
  }
  return flat;
}
