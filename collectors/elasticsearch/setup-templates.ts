/** Puts the templates: only what differs, never over a newer build's or somebody else's. */
import { z } from "zod";
import { LaglineError } from "../../model/errors.ts";
import type { ElasticsearchHttp } from "./client.ts";
import { refusal } from "./detect.ts";
import type { Json } from "./template-hash.ts";
import { contentHash } from "./template-hash.ts";
import type { Template, TemplateOptions } from "./templates.ts";
import { MANAGED_BY } from "./mappings.ts";
import { buildTemplates, SCHEMA_VERSION } from "./templates.ts";

const meta = z.object({ managed_by: z.string(), schema_version: z.number(), hash: z.string() });
const body = z.record(z.string(), z.unknown());
const listed = z.object({
  component_templates: z.array(z.object({ component_template: body })).optional(),
  index_templates: z.array(z.object({ index_template: body })).optional(),
});

export type PutTemplatesOptions = {
  readonly log: (sentence: string) => void;
  readonly templates: TemplateOptions;
  /** The time bounds changed: they are not part of the hash. */
  readonly boundsMoved: boolean;
  /** Writes over templates that were changed by hand. @default false */
  readonly overwrite?: boolean;
};

type Decision = "create" | "update" | "keep" | "newer" | "edited";
const PUT: ReadonlySet<string> = new Set(["create", "update", "overwrite"]);

/** Returns true when anything was put. */
export async function putTemplates(http: ElasticsearchHttp, options: PutTemplatesOptions): Promise<boolean> {
  let changed = false;
  for (const template of buildTemplates(options.templates)) {
    const existing = await readTemplate(http, template);
    const found = decide(template, existing);
    const decision = found === "edited" && options.overwrite === true ? "overwrite" : found;
    const moves = options.boundsMoved && template.name.endsWith("@series") && decision === "keep";
    options.log(sentence(template, moves ? "update" : decision));
    if (!PUT.has(decision) && !moves) continue;
    await putTemplate(http, template);
    changed = true;
  }
  return changed;
}

export function decide(template: Template, existing: Json | undefined): Decision {
  if (existing === undefined) return "create";
  const known = meta.safeParse(existing["_meta"]);
  if (!known.success || known.data.managed_by !== MANAGED_BY) throw foreign(template);
  if (known.data.schema_version > SCHEMA_VERSION) return "newer";
  if (contentHash(existing) !== known.data.hash) return "edited";
  return known.data.hash === contentHash(template.body) ? "keep" : "update";
}

function sentence(template: Template, decision: Decision | "overwrite"): string {
  const what = `${template.kind === "index" ? "Index" : "Component"} template ${template.name}`;
  switch (decision) {
    case "create":
      return `${what} created.`;
    case "update":
      return `${what} updated.`;
    case "keep":
      return `${what} is as it should be.`;
    case "newer":
      return `${what} was written by a newer Lagline and is left alone.`;
    case "overwrite":
      return `${what} was changed by hand and is written over, as overwrite_templates says.`;
    case "edited":
      return `${what} was changed by hand and is left alone. Put changes into the @custom component template and delete this one to get updates again.`;
  }
}

export async function readTemplate(
  http: ElasticsearchHttp,
  template: Pick<Template, "kind" | "name">,
): Promise<Json | undefined> {
  const answer = await http.request({ method: "GET", path: pathOf(template) });
  if (answer.status === 404) return undefined;
  const parsed = listed.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) throw refusal(answer, `read the template ${template.name}`);
  const { component_templates: components, index_templates: indexes } = parsed.data;
  return components?.[0]?.component_template ?? indexes?.[0]?.index_template;
}

async function putTemplate(http: ElasticsearchHttp, template: Template): Promise<void> {
  const answer = await http.request({ method: "PUT", path: pathOf(template), json: template.body });
  if (answer.status !== 200) throw refusal(answer, `write the template ${template.name}`);
}

function pathOf(template: Pick<Template, "kind" | "name">): string {
  const api = template.kind === "index" ? "_index_template" : "_component_template";
  return `/${api}/${encodeURIComponent(template.name)}`;
}

function foreign(template: Template): LaglineError {
  return new LaglineError({
    code: "LAGLINE_SETUP_FOREIGN_TEMPLATE",
    message: `The template ${template.name} exists and was not made by Lagline.`,
    hint: "Rename or delete it, or choose another `environment` in lagline.yaml.",
  });
}
