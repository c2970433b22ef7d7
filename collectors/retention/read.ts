/** Reads from Elasticsearch what retention decides by. */
import { z } from "zod";
import type { DocumentsIndex } from "../../config/documents-index.ts";
import { ACCESS_ROLES } from "../../model/access.ts";
import { LaglineError } from "../../model/errors.ts";
import type { ElasticsearchHttp, HttpAnswer } from "../elasticsearch/client.ts";
import { refusal } from "../elasticsearch/detect.ts";
import { MANAGED_BY } from "../elasticsearch/mappings.ts";
import type { Json } from "../elasticsearch/template-hash.ts";
import { flatten } from "../elasticsearch/template-hash.ts";
import { templateNames } from "../elasticsearch/templates.ts";
import { boundsIn, indicesAnswer, storedIndices } from "./stored.ts";
import type { StoredIndex } from "./types.ts";
import type { Span } from "../elasticsearch/windows.ts";

export type Reading = {
  readonly http: ElasticsearchHttp;
  readonly index: DocumentsIndex;
  readonly signal: AbortSignal;
};

const resolved = z.object({
  data_streams: z.array(z.object({ name: z.string(), backing_indices: z.array(z.string()) })),
});

/** Empty before the first document. */
export async function readIndices(reading: Reading): Promise<readonly StoredIndex[]> {
  const { index } = reading;
  const answer = await ask(reading, `/${encodeURIComponent(index.search)}`, {
    flat_settings: true,
    expand_wildcards: "open,closed",
    filter_path: "*.settings,*.data_stream,*.mappings._meta",
  });
  if (answer.status === 404) return [];
  const parsed = indicesAnswer.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) throw refused(answer, `look at the indices ${index.search}`);
  if (index.mode !== "daily") return storedIndices(parsed.data, index, await readBacking(reading));
  if (Object.keys(parsed.data).length === 0) await refuseBlindness(reading);
  return storedIndices(parsed.data, index, []);
}

const rights = z.object({
  username: z.string(),
  index: z.record(z.string(), z.record(z.string(), z.boolean())),
});

const NO_SUCH_QUESTION = new Set([400, 404, 405]);

/** Behind a wildcard Elasticsearch does not refuse what a user may not see: it shows nothing. */
async function refuseBlindness({ http, index, signal }: Reading): Promise<void> {
  const needed = ACCESS_ROLES.retention.indices;
  const json = { index: [{ names: [index.search], privileges: needed }] };
  const path = "/_security/user/_has_privileges";
  const answer = await http.request({ method: "POST", path, json, signal });
  // Without security there is no such question; any other answer that says nothing is no proof that nothing is there.
  if (NO_SUCH_QUESTION.has(answer.status)) return;
  const parsed = rights.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) throw refused(answer, "ask what its user may see");
  const held = parsed.data.index[index.search] ?? {};
  const lacking = needed.filter((privilege) => held[privilege] === false);
  if (lacking.length === 0) return;
  throw new LaglineError({
    code: "LAGLINE_RETENTION_BLIND",
    message: `Retention sees no index of ${index.search}: the user ${parsed.data.username} lacks ${lacking.join(", ")} on them.`,
    hint: "Give it the role retention of docs/security.md.",
    retryable: true,
  });
}

/** Indices of the data stream in the order in which they were made. */
async function readBacking(reading: Reading): Promise<readonly string[]> {
  const { index } = reading;
  const answer = await ask(reading, `/_resolve/index/${encodeURIComponent(index.name)}`);
  if (answer.status === 404) return [];
  const parsed = resolved.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success)
    throw refused(answer, `look at the data stream ${index.name}`);
  return parsed.data.data_streams.find(({ name }) => name === index.name)?.backing_indices ?? [];
}

export type SeriesTemplate = { readonly path: string; readonly body: Json; readonly bounds: Span | null };

const components = z.object({
  component_templates: z.array(
    z.object({
      component_template: z
        .object({
          template: z.looseObject({ settings: z.record(z.string(), z.unknown()) }),
          version: z.number().optional(),
          _meta: z.looseObject({ managed_by: z.literal(MANAGED_BY) }),
        })
        // What else it holds is Elasticsearch's own, and refused when it is sent back.
        .strip(),
    }),
  ),
});

/** The template that gives the next window its bounds. @throws LaglineError `LAGLINE_RETENTION_TEMPLATE` where it is missing. */
export async function readSeriesTemplate(reading: Reading): Promise<SeriesTemplate> {
  const name = templateNames(reading.index.templateName).series;
  const path = `/_component_template/${encodeURIComponent(name)}`;
  const answer = await ask(reading, path);
  const parsed = components.safeParse(answer.body);
  const body = answer.status === 200 && parsed.success ? parsed.data.component_templates[0] : undefined;
  if (body !== undefined) {
    const settings = flatten(body.component_template.template.settings);
    const bounds = boundsIn(
      Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [key.replace(/^(?!index\.)/, "index."), value]),
      ),
    );
    return { path, body: body.component_template, bounds };
  }
  if (answer.status !== 404 && answer.status !== 200) throw refused(answer, `read the template ${name}`);
  throw new LaglineError({
    code: "LAGLINE_RETENTION_TEMPLATE",
    message: `The template ${name} is missing, or is not Lagline's: no window can be opened.`,
    hint: "Run `lagline setup`, which makes it.",
    retryable: true,
  });
}

function ask(
  { http, signal }: Reading,
  path: string,
  query: Readonly<Record<string, string | boolean>> = {},
): Promise<HttpAnswer> {
  return http.request({ method: "GET", path, query, signal });
}

export function refused(answer: HttpAnswer, intent: string): LaglineError {
  return refusal(answer, intent, "retention");
}
