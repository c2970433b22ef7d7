/** The page of every bound, from the schema and `config/limits.ts`. */
import { z } from "zod";
import { LIMITS } from "../../config/limits.ts";
import { configSchema } from "../../config/schema.ts";

const HEADER = `# Limits

Made from the schema and \`config/limits.ts\` by \`npm run generate\`; edits are overwritten.

Nothing that comes from outside is taken without a bound, and what a bound keeps out is counted and said. A log line
comes once per kind and interval (\`collector.limits.log_interval_seconds\`); the counter moves every time.

| Setting | Default | What it bounds | Beyond it | Counter | Log line |
|---|---|---|---|---|---|
`;

type Schema = {
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
};

export function limitsReference(): string {
  const root: Schema = JSON.parse(
    JSON.stringify(z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" })),
  );
  const rows = LIMITS.map(({ setting, beyond, counter, code }) => {
    const found = settingOf(root, setting);
    return [
      `\`${setting}\``,
      JSON.stringify(found.default),
      found.description ?? "",
      beyond,
      shown(counter),
      shown(code),
    ];
  });
  return `${HEADER}${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`;
}

/** @throws Error when the schema has no such setting. */
export function settingOf(root: Schema, path: string): Schema {
  let found: Schema | undefined = root;
  for (const name of path.split(".")) found = found?.properties?.[name];
  if (found === undefined) throw new Error(`The schema has no setting ${path}.`);
  return found;
}

function shown(value: string | null): string {
  return value === null ? "none" : `\`${value}\``;
}
