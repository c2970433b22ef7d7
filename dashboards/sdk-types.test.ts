/**
 * The generated pages against the types of Grafana's own SDK, by the compiler: a key that Grafana does not know, or a value
 * that it does not have, is an error there. Only types are used; its builders are wrong for Elasticsearch (decision 0048).
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { buildDashboards } from "./index.ts";
import { sorted } from "./json.ts";
import type { BuiltDashboard, Json } from "./types.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "..");
/** Below node_modules, because the compiler looks for the SDK from the file upwards. */
const PARENT = join(ROOT, "node_modules", ".cache");
mkdirSync(PARENT, { recursive: true });
const folder = mkdtempSync(join(PARENT, "lagline-sdk-types-"));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const pages = buildDashboards({
  environment: "test",
  datasourceUid: "lagline",
  intervalSeconds: 30,
  staleAfterSeconds: 150,
  runbooks: new Map([["kafka-consumer-group-stopped", "# A consumer group consumes nothing\n"]]),
});

/** Panel types in use, and the SDK's module of each. */
const MODULES: Readonly<Record<string, string>> = {
  stat: "stat",
  timeseries: "timeseries",
  table: "table",
  heatmap: "heatmap",
  "state-timeline": "statetimeline",
  text: "text",
};

const HEAD = `
import type { AnnotationQuery, Dashboard, DashboardLink, FieldConfig, Panel, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import type * as elasticsearch from "@grafana/grafana-foundation-sdk/elasticsearch";
${Object.values(MODULES)
  .map((name) => `import type * as ${name} from "@grafana/grafana-foundation-sdk/${name}";`)
  .join("\n")}
/** The SDK has enumerations where JSON has their values. */
type Plain<T> = T extends string ? \`\${T}\` : T extends number | boolean | null | undefined ? T
  : T extends readonly (infer U)[] ? Plain<U>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
/** Its queries are types of the Go side: a marker of its own, and metrics whose type it left open. */
type Query = Omit<Plain<elasticsearch.dataquery>, "_implementsDataqueryVariant" | "_dataqueryName" | "metrics" | "bucketAggs">;
type PagePanel = Omit<Plain<Panel>, "targets" | "options" | "fieldConfig">;
type Page = Omit<Plain<Dashboard>, "panels" | "templating" | "annotations" | "links">;
/** Read by Grafana and by the data source, and not in the SDK. */
type Mark = Omit<Plain<AnnotationQuery>, "target"> & { query: string; timeField: string; timeEndField?: string; textField: string; tagsField: string };
export type { FieldConfig, VariableModel, DashboardLink };
`;

const panelView = z.looseObject({
  type: z.string(),
  id: z.int(),
  options: z.unknown(),
  targets: z.array(z.looseObject({ refId: z.string() })).default([]),
  fieldConfig: z.looseObject({ defaults: z.looseObject({ custom: z.unknown() }) }).optional(),
});
const markView = z.looseObject({ target: z.unknown() });
const pageView = z.looseObject({
  panels: z.array(panelView),
  templating: z.object({ list: z.array(z.unknown()) }),
  annotations: z.object({ list: z.array(markView.transform(({ target: _target, ...mark }) => mark)) }),
  links: z.array(z.unknown()),
});

/** What only Grafana 9 reads stands beside what newer versions read; it is not of this SDK. */
const ONLY_NINE: readonly RegExp[] = [
  /"displayMode":"auto",(?="inspect")/,
  /"show":true,(?="showColorScale")/,
];

function withoutNine(text: string): string {
  return ONLY_NINE.reduce((left, pattern) => left.replace(pattern, ""), text);
}

/** One constant per part, named after where it stands, so that an error says which panel it is about. */
function program(built: readonly BuiltDashboard[]): string {
  const lines = built.flatMap(({ uid, json }) => {
    const { panels, templating, annotations, links, ...page } = pageView.parse(sorted(json));
    const name = uid.replaceAll("-", "_");
    const constant = (suffix: string, type: string, value: unknown) =>
      value === undefined
        ? []
        : [`export const ${name}_${suffix}: ${type} = ${withoutNine(JSON.stringify(value))};`];
    return [
      ...constant("page", "Page", page),
      ...templating.list.flatMap((variable, at) =>
        constant(`variable_${at}`, "Plain<VariableModel>", variable),
      ),
      ...annotations.list.flatMap((mark, at) => constant(`mark_${at}`, "Mark", mark)),
      ...links.flatMap((link, at) => constant(`link_${at}`, "Plain<DashboardLink>", link)),
      ...panels.flatMap(({ options, targets, fieldConfig, ...panel }) => {
        const module = MODULES[panel.type];
        if (module === undefined) throw new Error(`No SDK module is named for panels of type ${panel.type}.`);
        const { custom, ...defaults } = fieldConfig?.defaults ?? { custom: undefined };
        const hasCustom = !["stat", "text"].includes(panel.type);
        return [
          ...constant(`${panel.id}_panel`, "PagePanel", panel),
          ...constant(`${panel.id}_options`, `Plain<${module}.Options>`, options),
          ...constant(
            `${panel.id}_field`,
            "Plain<FieldConfig>",
            fieldConfig === undefined ? undefined : defaults,
          ),
          ...(hasCustom
            ? constant(`${panel.id}_custom`, `Partial<Plain<${module}.FieldConfig>>`, custom)
            : []),
          ...targets.flatMap(({ metrics: _metrics, bucketAggs: _buckets, ...target }) =>
            constant(`${panel.id}_query_${target.refId}`, "Query", target),
          ),
        ];
      }),
    ];
  });
  return `${HEAD}${lines.join("\n")}\n`;
}

/** What the compiler says, one line per error. */
async function check(built: readonly BuiltDashboard[]): Promise<readonly string[]> {
  writeFileSync(join(folder, "pages.ts"), program(built));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: "nodenext",
        target: "es2023",
        types: [],
        skipLibCheck: true,
      },
      files: ["pages.ts"],
    }),
  );
  const compiler = join(ROOT, "node_modules", ".bin", "tsc");
  try {
    await run(compiler, ["-p", folder, "--pretty", "false"], { cwd: folder, timeout: 60_000 });
    return [];
  } catch (error) {
    const { stdout } = z.object({ stdout: z.string() }).parse(error);
    return stdout.split("\n").filter((line) => line.includes("error TS"));
  }
}

test("every page is what the SDK's types say a page is", async () => {
  expect(await check(pages)).toEqual([]);
});

const WRONG: readonly { name: string; from: string | RegExp; to: string; says: RegExp }[] = [
  {
    name: "an option that the panel does not have",
    from: '"graphMode":',
    to: '"graphModes":',
    says: /graphModes/,
  },
  {
    name: "a value that an option does not have",
    from: '"colorMode":"background"',
    to: '"colorMode":"backdrop"',
    says: /backdrop/,
  },
  {
    name: "a key that a panel does not have",
    from: '"hideTimeOverride":true',
    to: '"hideTimeOverrides":true',
    says: /hideTimeOverrides/,
  },
  {
    name: "a number as text",
    from: '"schemaVersion":39',
    to: '"schemaVersion":"39"',
    says: /string.*number/,
  },
];

test.each(WRONG)("the check finds $name", async ({ from, to, says }) => {
  const plain: Json = pages.map(({ json }) => sorted(json));
  const changed = JSON.stringify(plain).replace(from, to);
  expect(changed).not.toBe(JSON.stringify(plain));
  const parsed: BuiltDashboard["json"][] = JSON.parse(changed);
  const broken = pages.map((page, index) => ({ ...page, json: parsed[index] ?? {} }));
  expect((await check(broken)).join("\n")).toMatch(says);
});
