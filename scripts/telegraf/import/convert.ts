/** telegraf.conf as parsed TOML to a configuration of Lagline, with everything that a person has to know about it. */
import { LaglineError } from "../../../model/errors.ts";
import { type CollectorDraft, fitToInterval, readAgent, readTags } from "./agent.ts";
import { type AskClusters, type ClusterDraft, readBurrow } from "./burrow.ts";
import { type ElasticsearchDraft, STAND_IN_URL, readElasticsearch } from "./elasticsearch.ts";
import { type Note, Notes } from "./notes.ts";
import { type Secret, Secrets } from "./secrets.ts";
import { type Environment, Table, type TomlTable, isTable } from "./table.ts";

export type ImportOptions = {
  readonly environment: string;
  readonly defects: "keep" | "fix";
  /** Clusters to read, whatever Burrow lists; empty: those that it lists. */
  readonly clusters: readonly string[];
  readonly env: Environment;
  readonly ask: AskClusters;
};

export type Imported = {
  readonly config: {
    readonly environment: string;
    readonly clusters: Readonly<Record<string, ClusterDraft>>;
    readonly elasticsearch: ElasticsearchDraft;
    readonly collector: CollectorDraft;
  };
  readonly secrets: readonly Secret[];
  readonly notes: readonly Note[];
};

/** Its default, which is not ours. */
const TELEGRAF_INTERVAL = 10;

/** @throws LaglineError `LAGLINE_USAGE_IMPORT` when there is no `[[inputs.burrow]]`, or none of its clusters can be read. */
export async function convertTelegraf(file: TomlTable, options: ImportOptions): Promise<Imported> {
  const notes = new Notes();
  const secrets = new Secrets(notes);
  const context = { notes, env: options.env };
  const collector: CollectorDraft = { shape: "telegraf", telegraf: { defects: options.defects } };
  const [agent = {}] = tablesOf(file["agent"]);
  readAgent(new Table("agent", agent, context), collector);
  const [tags = {}] = tablesOf(file["global_tags"]);
  readTags(tags, collector, new Table("global_tags", tags, context));
  const clusters = new Map<string, ClusterDraft>();
  const inputs = pluginsOf(file, "inputs", { plugin: "burrow", notes });
  for (const input of inputs) {
    const about = { ...context, clusters, collector, secrets, named: options.clusters, ask: options.ask };
    await readBurrow(new Table("inputs.burrow", input, context), about);
  }
  collector.interval_seconds ??= TELEGRAF_INTERVAL;
  fitToInterval(collector, notes);
  if (clusters.size === 0) throw nothingToRead(inputs.length, notes.list);
  const elasticsearch = readOutput(file, { collector, secrets, context });
  for (const kind of ["processors", "aggregators", "secretstores"])
    pluginsOf(file, kind, { plugin: "", notes });
  for (const name of Object.keys(file)) {
    if (!KNOWN.has(name)) notes.add(name, "has no counterpart in Lagline.");
  }
  return {
    config: {
      environment: options.environment,
      clusters: Object.fromEntries(clusters),
      elasticsearch,
      collector,
    },
    secrets: secrets.list,
    notes: notes.list,
  };
}

const KNOWN = new Set([
  "agent",
  "global_tags",
  "inputs",
  "outputs",
  "processors",
  "aggregators",
  "secretstores",
]);

function readOutput(
  file: TomlTable,
  about: { collector: CollectorDraft; secrets: Secrets; context: { notes: Notes; env: Environment } },
): ElasticsearchDraft {
  const { notes } = about.context;
  const [first, ...others] = pluginsOf(file, "outputs", { plugin: "elasticsearch", notes });
  if (first === undefined) {
    notes.add("outputs.elasticsearch", `is not there: ${STAND_IN_URL} stands in.`);
    return { external: { url: STAND_IN_URL }, index: {} };
  }
  if (others.length > 0)
    notes.add("outputs.elasticsearch", `is there ${others.length + 1} times; the first is taken.`);
  return readElasticsearch(new Table("outputs.elasticsearch", first, about.context), about);
}

/** Tables of one plugin; every other plugin of the kind becomes a note. */
function pluginsOf(
  file: TomlTable,
  kind: string,
  { plugin, notes }: { readonly plugin: string; readonly notes: Notes },
): readonly TomlTable[] {
  const { [kind]: plugins } = file;
  if (!isTable(plugins)) return [];
  for (const name of Object.keys(plugins)) {
    if (name !== plugin)
      notes.add(`${kind}.${name}`, `${kind}.${name}` === "outputs.file" ? FILE_OUTPUT : OTHER_PLUGINS);
  }
  return tablesOf(plugins[plugin]);
}

const OTHER_PLUGINS =
  "is not carried over: Lagline replaces inputs.burrow with outputs.elasticsearch. Keep Telegraf for the rest.";

const FILE_OUTPUT =
  "is not carried over: collector.outputs.file writes the documents as they are sent to Elasticsearch, one JSON document per line.";

function tablesOf(value: unknown): readonly TomlTable[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter(isTable);
}

function nothingToRead(inputs: number, notes: readonly Note[]): LaglineError {
  const why = notes.filter(({ option }) => option === "inputs.burrow.servers").map(({ text }) => text);
  return new LaglineError({
    code: "LAGLINE_USAGE_IMPORT",
    message:
      inputs === 0
        ? "The file has no [[inputs.burrow]]: there is nothing to carry over."
        : `No Kafka cluster is left to read. ${why.join(" ")}`.trim(),
    hint:
      inputs === 0
        ? "Name the file that has it, with every file of telegraf.d that belongs to it."
        : "Name the clusters with --cluster.",
  });
}
