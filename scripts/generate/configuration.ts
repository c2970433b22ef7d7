/** JSON Schema and reference page of `lagline.yaml`, made from the zod schema. */
import { z } from "zod";
import { configSchema } from "../../config/schema.ts";

type JsonSchema = {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
};

export function configurationSchema(): string {
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
  return `${JSON.stringify({ title: "lagline.yaml", ...schema }, undefined, 2)}\n`;
}

const HEADER = `# Configuration reference

Made from the schema by \`npm run generate\`; edits are overwritten.

A value may take a part from the environment: \`\${NAME}\`, \`\${NAME:-otherwise}\` or \`\${NAME:?what to do}\`. It is the
variable NAME; where that is not set, or empty, the content of the file that NAME_FILE names; where that is not set either,
what stands after \`:-\`. Without one the file is refused, with what stands after \`:?\`. A value that is one reference alone
may become a number or a truth value. \`$\${\` stands for the text itself. Secrets do not belong here: they have \`…_file\`
settings.

Names carry their unit. Settings that end in \`_file\` name a file, \`_directory\` a folder; relative paths start at the
folder of \`lagline.yaml\`. Secrets are always files. \`<name>\` stands for a name of your own.
Run \`lagline check\` to see the whole configuration with every default filled in.

| Setting | Type | Default | Meaning |
|---|---|---|---|
`;

export function configurationReference(): string {
  const schema: JsonSchema = JSON.parse(configurationSchema());
  return `${HEADER}${rows(schema, "", new Set())
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n")}\n`;
}

type Row = readonly [string, string, string, string];

function rows(schema: JsonSchema, path: string, required: ReadonlySet<string>): Row[] {
  const here: Row[] =
    path === ""
      ? []
      : [
          [
            `\`${path}\``,
            typeOf(schema),
            defaultOf(schema, required.has(path.split(".").at(-1) ?? "")),
            escape(schema.description ?? ""),
          ],
        ];
  const inner = new Set(schema.required);
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rows(child, path === "" ? name : `${path}.${name.includes(".") ? `"${name}"` : name}`, inner),
  );
  const entries =
    typeof schema.additionalProperties === "object"
      ? rows(schema.additionalProperties, `${path}.<name>`, new Set(["<name>"]))
      : [];
  const items =
    schema.items?.properties === undefined ? [] : rows(schema.items, `${path}[]`, new Set()).slice(1);
  return [...here, ...children, ...entries.filter((row) => row[3] !== "" || row[1] !== "text"), ...items];
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) {
    return `\`${JSON.stringify(schema.const)}\``;
  }
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => `\`${String(value)}\``).join(" or ");
  }
  if (schema.anyOf !== undefined) {
    return schema.anyOf.map(typeOf).join(" or ");
  }
  const names: Record<string, string> = {
    string: "text",
    integer: "whole number",
    number: "number",
    boolean: "true or false",
    object: "settings",
  };
  const base =
    schema.type === "array"
      ? `list of ${schema.items === undefined ? "values" : typeOf(schema.items)}`
      : (names[schema.type ?? ""] ?? "value");
  return `${base}${bounds(schema)}`;
}

/** Bounds that somebody chose; zod states the largest safe integer on every whole number. */
function bounds(schema: JsonSchema): string {
  const low =
    schema.minimum !== undefined && schema.minimum > Number.MIN_SAFE_INTEGER
      ? `from ${schema.minimum}`
      : schema.exclusiveMinimum === undefined
        ? ""
        : `above ${schema.exclusiveMinimum}`;
  const high =
    schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER ? `to ${schema.maximum}` : "";
  return low === "" && high === "" ? "" : `, ${[low, high].filter(Boolean).join(" ")}`;
}

function defaultOf(schema: JsonSchema, required: boolean): string {
  if (schema.default !== undefined && typeof schema.default !== "object") {
    return `\`${JSON.stringify(schema.default)}\``;
  }
  return required ? "required" : "";
}

function escape(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
