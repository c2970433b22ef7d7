/** The folder rule of docs/architecture.md: dependencies point one way, and some packages live in one file. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
/** Folder → folders it may import. Tests may import anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  config: ["model"],
  "collectors/burrow": ["model"],
  "collectors/analysis": ["model"],
  "collectors/certificates": ["model"],
  "collectors/elasticsearch": ["model", "collectors/spool", "collectors/certificates", "config"],
  "collectors/spool": ["model"],
  "collectors/telegraf": ["model"],
  "collectors/outputs": ["model", "collectors/spool"],
  collectors: [
    "model",
    "config",
    "collectors/burrow",
    "collectors/analysis",
    "collectors/certificates",
    "collectors/elasticsearch",
    "collectors/spool",
    "collectors/telegraf",
    "collectors/outputs",
    "stacks/versions",
  ],
  dashboards: ["model", "config"],
  alerts: ["model", "config", "dashboards"],
  "alerts/relay": ["model", "config", "alerts", "collectors", "collectors/spool", "collectors/elasticsearch"],
  stacks: ["model", "config", "alerts", "dashboards"],
};
const FOLDERS = Object.keys(MAY_IMPORT).toSorted((a, b) => b.length - a.length);

/** Packages that only the named files may import, so that replacing one is a change of one file. */
const ONE_PLACE: readonly { readonly pattern: RegExp; readonly files: RegExp }[] = [
  { pattern: /^(cdktf|constructs|@cdktf\/)/, files: /^stacks\/cdktf\.ts$/ },
  { pattern: /^axios$/, files: /^collectors\/burrow\/(client|answer|http-adapter)\.ts$/ },
  {
    pattern: /^@elastic\/elasticsearch$/,
    files: /^collectors\/elasticsearch\/(client|node-connection)\.ts$/,
  },
];

type Import = { readonly from: string; readonly to: string };

export function forbiddenImports(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const owner = FOLDERS.find((folder) => from.startsWith(`${folder}/`));
    const target = FOLDERS.find((folder) => to.startsWith(`${folder}/`)) ?? to.split("/")[0] ?? to;
    const allowed =
      owner === undefined ||
      target === owner ||
      (MAY_IMPORT[owner] ?? []).some((prefix) => to.startsWith(`${prefix}/`) || to.startsWith(`${prefix}.`));
    return allowed ? [] : [`${from} imports ${to}`];
  });
}

const SOURCE_FOLDERS = ["model", "config", "collectors", "dashboards", "alerts", "stacks", "scripts"];

function sources(): { path: string; text: string }[] {
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }),
  )
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: path.slice(ROOT.length + 1).replaceAll(sep, "/"),
      text: readFileSync(path, "utf8"),
    }));
}

function specifiers(text: string): string[] {
  return [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].flatMap(([, specifier]) => specifier ?? []);
}

it("no program that runs for long makes a timeout of Node's, whose combinations are never let go", () => {
  const used = sources().filter(
    ({ path, text }) => /^(collectors|alerts\/relay)\//.test(path) && text.includes("AbortSignal.timeout("),
  );
  expect(used.map(({ path }) => path)).toEqual([]);
});

describe("the folder rule", () => {
  it("is what docs/architecture.md says", () => {
    const page = readFileSync(join(ROOT, "docs", "architecture.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([\w/]+)\/` \|[^|]*\| ([^|]*) \|$/gm)].filter(
      ([, folder]) => folder !== "scripts",
    );
    const said = rows.map(([, folder = "", cell = ""]): [string, readonly string[]] => {
      const names = [...cell.matchAll(/`([\w/]+)`/g)].flatMap(([, name]) => name ?? []);
      const parts = cell.startsWith("all of") ? FOLDERS.filter((name) => name.startsWith(`${folder}/`)) : [];
      return [folder, [...names.filter((name) => name !== folder), ...parts].toSorted()];
    });
    expect(Object.fromEntries(said)).toEqual(
      Object.fromEntries(Object.entries(MAY_IMPORT).map(([folder, names]) => [folder, names.toSorted()])),
    );
  });

  it("finds an import against the arrow", () => {
    expect(forbiddenImports([{ from: "model/x.ts", to: "config/y.ts" }])).toEqual([
      "model/x.ts imports config/y.ts",
    ]);
    expect(
      forbiddenImports([{ from: "collectors/analysis/x.ts", to: "collectors/burrow/y.ts" }]),
    ).toHaveLength(1);
    expect(forbiddenImports([{ from: "dashboards/x.ts", to: "model/y.ts" }])).toEqual([]);
  });

  it("holds in every source file", () => {
    const imports = sources().flatMap(({ path, text }) =>
      specifiers(text)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => ({
          from: path,
          to: normalize(join(dirname(path), specifier)).replaceAll(sep, "/"),
        })),
    );
    expect(imports.length).toBeGreaterThan(100);
    expect(forbiddenImports(imports)).toEqual([]);
  });

  it("keeps replaceable packages in one file each", () => {
    const found = sources().flatMap(({ path, text }) =>
      ONE_PLACE.filter(
        ({ pattern, files }) =>
          !files.test(path) && specifiers(text).some((specifier) => pattern.test(specifier)),
      ).map(({ pattern }) => `${path} imports ${pattern.source}`),
    );
    expect(found).toEqual([]);
  });
});
