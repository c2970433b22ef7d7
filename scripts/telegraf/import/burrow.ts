/** One `[[inputs.burrow]]` to clusters of the configuration. */
import picomatch from "picomatch";
import { problemOfGlob } from "../../../model/globs.ts";
import { withoutBraces } from "./braces.ts";
import { type CollectorDraft, readTags, setInterval } from "./agent.ts";
import type { Secrets } from "./secrets.ts";
import { Table, type Environment, isTable } from "./table.ts";
import { METRIC_FILTERS } from "./metric-filters.ts";
import type { Notes } from "./notes.ts";
import { type TlsDraft, readTls } from "./tls.ts";

export type ClusterDraft = {
  burrow: {
    external: {
      servers: string[];
      api_prefix?: string;
      username?: string;
      password_file?: string;
      tls?: TlsDraft;
    };
  };
  filters?: Partial<Record<FilterName, readonly string[]>>;
};

const FILTERS = ["groups_include", "groups_exclude", "topics_include", "topics_exclude"] as const;
type FilterName = (typeof FILTERS)[number];

/** Names of the clusters that the Burrow at this address knows; null when it cannot be asked. */
export type AskClusters = (server: string, prefix: string) => Promise<readonly string[] | null>;

export type BurrowContext = {
  readonly clusters: Map<string, ClusterDraft>;
  readonly collector: CollectorDraft;
  readonly secrets: Secrets;
  readonly notes: Notes;
  readonly env: Environment;
  /** Named on the command line; they go before all else. */
  readonly named: readonly string[];
  readonly ask: AskClusters;
};

const STAND_IN = "kafka";
const MOST_REQUESTS = 64;
const SHORTEST_TIMEOUT = 1;

export async function readBurrow(table: Table, context: BurrowContext): Promise<void> {
  const { collector } = context;
  setInterval(collector, table);
  const timeout = table.seconds("response_timeout");
  // Telegraf takes its default for anything below a second.
  if (timeout !== undefined) collector.request_timeout_seconds = timeout < SHORTEST_TIMEOUT ? 5 : timeout;
  const concurrency = table.whole("concurrent_connections");
  if (concurrency !== undefined) {
    collector.concurrent_requests = concurrency < 1 ? 20 : Math.min(concurrency, MOST_REQUESTS);
    if (concurrency > MOST_REQUESTS)
      table.note("concurrent_connections", `is ${concurrency}; ${MOST_REQUESTS} are possible.`);
  }
  const tags = table.table("tags");
  if (isTable(tags)) readTags(tags, collector, new Table(`${table.name}.tags`, tags, context));
  await addClusters(table, context);
  table.without({
    precision: "all documents of a cycle have the time of its tick.",
    time_source: "all documents of a cycle have the time of its tick.",
    startup_error_behavior:
      "the collector starts without Burrow, says that it is not ready, and reads when it is there.",
    labels: "inputs are not chosen by labels.",
    alias: "there is one collector for a cluster; collector.name names it.",
    log_level: "collector.log_level is for the whole collector.",
    ...METRIC_FILTERS,
  });
  table.finish();
}

async function addClusters(table: Table, context: BurrowContext): Promise<void> {
  const servers = table.texts("servers") ?? ["http://localhost:8000"];
  const prefix = table.text("api_prefix");
  const include = table.texts("clusters_include") ?? [];
  const exclude = table.texts("clusters_exclude") ?? [];
  const rest = readRest(table, context, servers);
  for (const address of servers) {
    const { server, path, username, password } = takeApart(address);
    const own =
      username === "" || rest.username !== undefined
        ? rest
        : { ...rest, username, password_file: secretOf(context, `${table.name}.servers`, password) };
    const api = path ?? prefix ?? "/v3/kafka";
    const asked = context.named.length > 0 ? context.named : await context.ask(server, api);
    const names = (asked ?? literalNames(include)).filter((name) => isWanted(name, { include, exclude }));
    if (asked === null) {
      const found =
        names.length === 0
          ? `cluster "${STAND_IN}" stands in; use the name that Burrow has for it`
          : `the names of clusters_include are taken`;
      table.note("servers", `${server} could not be asked for its Kafka clusters: ${found}.`);
    }
    for (const name of names.length === 0 && asked === null ? [STAND_IN] : names) {
      add(context, table, { name, server, api, rest: own });
    }
  }
}

type Rest = Pick<ClusterDraft, "filters"> &
  Omit<ClusterDraft["burrow"]["external"], "servers" | "api_prefix">;

function readRest(table: Table, context: BurrowContext, servers: readonly string[]): Rest {
  const filters = readFilters(table);
  const username = table.text("username");
  const password = table.text("password");
  const tls = readTls(table, servers);
  // Telegraf sends a password only with a user, and a user also without a password.
  if (username === undefined && password !== undefined)
    table.note("password", "is left out, because username is not set.");
  return {
    ...(Object.keys(filters).length === 0 ? {} : { filters }),
    ...(username === undefined
      ? {}
      : { username, password_file: secretOf(context, `${table.name}.password`, password ?? "") }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function secretOf({ secrets }: BurrowContext, option: string, value: string): string {
  return secrets.add(option, { name: "burrow-password", value });
}

function readFilters(table: Table): Partial<Record<FilterName, readonly string[]>> {
  const filters: Partial<Record<FilterName, readonly string[]>> = {};
  for (const name of FILTERS) {
    const written = table.texts(name) ?? [];
    const globs = written.flatMap(withoutBraces);
    if (globs.length > written.length) table.note(name, "has {…}, which is written out: one glob for each.");
    const usable = globs.filter((glob) => problemOfGlob(glob) === null);
    for (const glob of globs) {
      const problem = problemOfGlob(glob);
      if (problem !== null) table.note(name, `${JSON.stringify(glob)} ${problem} and was left out.`);
    }
    if (usable.length > 0) filters[name] = usable;
  }
  return filters;
}

function add(
  { clusters }: BurrowContext,
  table: Table,
  {
    name,
    server,
    api,
    rest,
  }: { readonly name: string; readonly server: string; readonly api: string; readonly rest: Rest },
): void {
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) {
    table.note(
      "servers",
      `${server} has a cluster ${JSON.stringify(name)}, which Lagline cannot read: names are lower-case letters, digits, - and _.`,
    );
    return;
  }
  const known = clusters.get(name);
  if (known !== undefined) {
    const { servers } = known.burrow.external;
    if (servers.includes(server)) return;
    servers.push(server);
    table.note(
      "servers",
      `${servers.join(" and ")} both know ${name}: the first that answers is read, the others stand by.`,
    );
    return;
  }
  const { filters, ...external } = rest;
  clusters.set(name, {
    burrow: {
      external: { servers: [server], ...(api === "/v3/kafka" ? {} : { api_prefix: api }), ...external },
    },
    ...(filters === undefined ? {} : { filters }),
  });
}

type Address = { server: string; path: string | undefined; username: string; password: string };

/** Telegraf takes a path in the address instead of api_prefix, also a lone slash. */
function takeApart(address: string): Address {
  if (!URL.canParse(address)) return { server: address, path: undefined, username: "", password: "" };
  const { protocol, host, pathname, username, password } = new URL(address);
  const path = pathname.replace(/\/+$/, "");
  return {
    server: `${protocol}//${host}`,
    path: path === "" ? undefined : path,
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

function literalNames(globs: readonly string[]): readonly string[] {
  return globs.filter((glob) => !/[*?[\]{}!]/.test(glob));
}

function isWanted(
  name: string,
  { include, exclude }: { include: readonly string[]; exclude: readonly string[] },
): boolean {
  return (
    (include.length === 0 || picomatch.isMatch(name, [...include])) &&
    !(exclude.length > 0 && picomatch.isMatch(name, [...exclude]))
  );
}
