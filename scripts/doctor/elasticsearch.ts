/** Looks at Elasticsearch: reached, version, health, disk, template, rights, clock. */
import { z } from "zod";
import { readFailure } from "../../collectors/elasticsearch/answers.ts";
import type { ElasticsearchHttp, HttpAnswer } from "../../collectors/elasticsearch/client.ts";
import { detectServer } from "../../collectors/elasticsearch/detect.ts";
import { readTemplate } from "../../collectors/elasticsearch/setup-templates.ts";
import { contentHash } from "../../collectors/elasticsearch/template-hash.ts";
import { SCHEMA_VERSION, templateNames } from "../../collectors/elasticsearch/templates.ts";
import { LaglineError, describeError } from "../../model/errors.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, skipped, warning } from "./finding.ts";

export type ElasticsearchLook = {
  readonly http: Pick<ElasticsearchHttp, "request" | "reload" | "close">;
  /** The collector's own connection, where it is another user than the one that looks. */
  readonly writer?: Pick<ElasticsearchHttp, "request">;
  readonly stream: string;
  /** Name of the index template. @default that of the stream */
  readonly templateName?: string;
  readonly urls: readonly string[];
  readonly now: () => number;
  readonly signal: AbortSignal;
};

/** Everything else is skipped when it cannot be reached. */
export async function lookAtElasticsearch(look: ElasticsearchLook): Promise<readonly Observation[]> {
  const reached = await lookAtServer(look);
  if (reached.outcome === "broken") return [reached];
  return [
    reached,
    await guarded("health", () => lookAtHealth(look)),
    await guarded("writable", () => lookAtBlocks(look)),
    await guarded("template", () => lookAtTemplate(look)),
    await guarded("rights", () => lookAtRights(look)),
    await guarded("clock", () => lookAtClock(look)),
  ];
}

async function lookAtServer({ http, stream, urls }: ElasticsearchLook): Promise<Observation> {
  try {
    const { version } = await detectServer(http, stream);
    return ok("reachable", `Elasticsearch ${version ?? "of unknown version"} answers at ${urls.join(", ")}.`);
  } catch (error) {
    const fix = error instanceof LaglineError ? error.hint : undefined;
    const message = error instanceof Error ? error.message : describeError(error);
    return broken(
      "reachable",
      `${message} Address: ${urls.join(", ")}.`,
      fix ?? "Check elasticsearch.external.url (or the container), its TLS settings and the firewall.",
    );
  }
}

/** What cannot be asked is said, not guessed. */
async function guarded(check: string, look: () => Promise<Observation>): Promise<Observation> {
  try {
    return await look();
  } catch (error) {
    return skipped(check, `Could not be asked: ${describeError(error)}`);
  }
}

const ask = (
  look: ElasticsearchLook,
  path: string,
  query: Readonly<Record<string, string | number | boolean>> = {},
) => look.http.request({ method: "GET", path, query, signal: look.signal });

const healthSchema = z.object({ status: z.string(), number_of_nodes: z.number() });

async function lookAtHealth(look: ElasticsearchLook): Promise<Observation> {
  const answer = await ask(look, "/_cluster/health", { filter_path: "status,number_of_nodes" });
  const parsed = healthSchema.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) return notAllowed("health", answer);
  const { status, number_of_nodes: nodes } = parsed.data;
  const text = `The cluster is ${status} with ${nodes} ${nodes === 1 ? "node" : "nodes"}.`;
  if (status === "red") {
    return broken(
      "health",
      text,
      "Some data cannot be read or written: GET _cluster/allocation/explain says why.",
    );
  }
  return status === "yellow" && nodes > 1
    ? warning("health", text, "Replicas are missing: GET _cluster/allocation/explain says why.")
    : ok("health", text);
}

const blocksSchema = z.record(
  z.string(),
  z.object({ settings: z.record(z.string(), z.unknown()).default({}) }),
);

async function lookAtBlocks(look: ElasticsearchLook): Promise<Observation> {
  const answer = await ask(look, `/${encodeURIComponent(look.stream)}/_settings`, {
    flat_settings: true,
    filter_path: "*.settings.index.blocks*",
  });
  if (answer.status === 404) return ok("writable", "There is no index yet; the first document makes it.");
  const parsed = blocksSchema.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) return notAllowed("writable", answer);
  const blocked = Object.entries(parsed.data).flatMap(([index, { settings }]) =>
    Object.entries(settings)
      .filter(([, value]) => String(value) === "true")
      .map(([name]) => `${index}: ${name}`),
  );
  return blocked.length === 0
    ? ok("writable", `No index of ${look.stream} is blocked.`)
    : broken(
        "writable",
        `Elasticsearch blocks writing: ${blocked.slice(0, 3).join("; ")}.`,
        "read_only_allow_delete means that its disk is nearly full: free space, it then ends by itself. Other blocks were set by hand.",
      );
}

const metaSchema = z.object({ schema_version: z.number(), hash: z.string() });

async function lookAtTemplate(look: ElasticsearchLook): Promise<Observation> {
  const name = templateNames(look.templateName ?? look.stream).index;
  const fix = "Run `lagline setup` with credentials that may write templates.";
  const template = await readTemplate(look.http, { kind: "index", name });
  if (template === undefined) {
    return broken("template", `The index template ${name} is missing: fields would get types by guess.`, fix);
  }
  const parsed = metaSchema.safeParse(template["_meta"]);
  if (!parsed.success)
    return broken(
      "template",
      `The index template ${name} was not made by Lagline.`,
      "Rename it, or choose another `environment`.",
    );
  const { schema_version: version, hash } = parsed.data;
  if (version < SCHEMA_VERSION) {
    return broken(
      "template",
      `The index template ${name} has version ${version}; this Lagline needs ${SCHEMA_VERSION}.`,
      fix,
    );
  }
  if (version > SCHEMA_VERSION) {
    return warning(
      "template",
      `The index template ${name} was made by a newer Lagline (version ${version}).`,
      "Use the newer Lagline on this host, too.",
    );
  }
  return contentHash(template) === hash
    ? ok("template", `The index template ${name} has version ${version}.`)
    : warning(
        "template",
        `The index template ${name} was changed by hand and gets no updates.`,
        "Put changes into the @custom component template, delete this one, run `lagline setup`.",
      );
}

const WRITING = ["create_doc", "auto_configure"] as const;
const READING = ["read", "view_index_metadata"] as const;
const rightsSchema = z.object({ index: z.record(z.string(), z.record(z.string(), z.boolean())) });

async function lookAtRights(look: ElasticsearchLook): Promise<Observation> {
  const { stream, writer, http } = look;
  const lacks =
    writer === undefined
      ? await lackingRights(look, http, [...WRITING, ...READING])
      : [
          ...((await lackingRights(look, writer, WRITING)) ?? []),
          ...((await lackingRights(look, http, READING)) ?? []),
        ];
  if (lacks === undefined) {
    return skipped("rights", "Elasticsearch runs without security, or does not tell what this user may do.");
  }
  const who = writer === undefined ? "This user" : "The users of Lagline";
  if (lacks.length === 0) return ok("rights", `${who} may write to and read ${stream}.`);
  return broken(
    "rights",
    `${who} ${writer === undefined ? "lacks" : "lack"} ${lacks.join(", ")} on ${stream}.`,
    "Grant it, or see docs/security.md for the roles; the collector needs create_doc and auto_configure, `lagline top` needs read.",
  );
}

/** Undefined where Elasticsearch does not tell. */
async function lackingRights(
  { stream, signal }: ElasticsearchLook,
  http: Pick<ElasticsearchHttp, "request">,
  needed: readonly string[],
): Promise<readonly string[] | undefined> {
  const answer = await http.request({
    method: "POST",
    path: "/_security/user/_has_privileges",
    json: { index: [{ names: [stream], privileges: [...needed] }] },
    signal,
  });
  const parsed = rightsSchema.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) return undefined;
  const may = parsed.data.index[stream] ?? {};
  return needed.filter((name) => may[name] === false);
}

const clockSchema = z.object({ nodes: z.record(z.string(), z.object({ timestamp: z.number() })) });
/** Elasticsearch refuses documents outside the time range of its index; this is far below it, and far above NTP. */
const CLOCK_LIMIT_MS = 5000;

async function lookAtClock(look: ElasticsearchLook): Promise<Observation> {
  const answer = await ask(look, "/_nodes/_local/stats/process", { filter_path: "nodes.*.timestamp" });
  const now = look.now();
  const [node] = Object.values(clockSchema.safeParse(answer.body).data?.nodes ?? {});
  if (node === undefined) return notAllowed("clock", answer);
  const skew = node.timestamp - now;
  const text = `Elasticsearch's clock and this one differ by ${Math.round(Math.abs(skew) / 100) / 10} s.`;
  return Math.abs(skew) <= CLOCK_LIMIT_MS
    ? ok("clock", text)
    : warning(
        "clock",
        text,
        "Synchronise both hosts with NTP: new documents may lie outside the time range that Elasticsearch takes.",
      );
}

function notAllowed(check: string, { status, body }: HttpAnswer): Observation {
  return skipped(check, `Could not be asked: HTTP ${status} ${readFailure(body).errorType}.`);
}
