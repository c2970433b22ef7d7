/**
 * `npm run sbom`: every package of the lockfile as a CycloneDX 1.5 list. Made here, because `npm sbom --omit dev` of npm
 * 11.19 leaves out packages that run-time and development dependencies share (`yaml` and `picomatch` among them). The
 * same lockfile gives the same list.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { LAGLINE_VERSION } from "../stacks/versions.ts";

const OUT = "out/sbom.cdx.json";
const entrySchema = z.object({
  version: z.string(),
  license: z.string().optional(),
  integrity: z.string().optional(),
  dev: z.boolean().optional(),
  optional: z.boolean().optional(),
  devOptional: z.boolean().optional(),
  inBundle: z.boolean().optional(),
});
const lockSchema = z.object({
  packages: z.record(z.string(), z.unknown()),
});
type Entry = z.output<typeof entrySchema>;
type Component = { readonly "bom-ref": string; readonly [name: string]: unknown };

/** The list as JSON text. `required`: part of what runs; `optional`: on some machines; `excluded`: development only. */
export function softwareBill(lock: string): string {
  const { packages } = lockSchema.parse(JSON.parse(lock));
  const components = new Map<string, Component>();
  for (const [path, value] of Object.entries(packages)) {
    if (path === "") continue;
    const component = componentOf(path.split("node_modules/").at(-1) ?? path, entrySchema.parse(value));
    const known = components.get(component["bom-ref"]);
    // One package may be installed in several places: what counts is the most it is used for.
    if (known === undefined || rank(component) < rank(known)) components.set(component["bom-ref"], component);
  }
  const list = [...components.values()].toSorted((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1));
  return `${JSON.stringify(bill(list, lock), undefined, 2)}\n`;
}

function bill(components: readonly Component[], lock: string): object {
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${uuidOf(lock)}`,
    version: 1,
    metadata: {
      component: {
        "bom-ref": `lagline@${LAGLINE_VERSION}`,
        type: "application",
        name: "lagline",
        version: LAGLINE_VERSION,
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components,
  };
}

function componentOf(name: string, entry: Entry): Component {
  const { version, license, integrity } = entry;
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return {
    "bom-ref": purl,
    type: "library",
    name,
    version,
    scope: scopeOf(entry),
    purl,
    ...(license === undefined ? {} : { licenses: [licenceOf(license)] }),
    ...(integrity === undefined ? {} : { hashes: hashesOf(integrity) }),
  };
}

function scopeOf({ dev, optional, devOptional }: Entry): string {
  if (dev === true) return "excluded";
  return optional === true || devOptional === true ? "optional" : "required";
}

const SCOPES = ["required", "optional", "excluded"];
const rank = (component: Component): number => SCOPES.indexOf(String(component["scope"]));

function licenceOf(text: string): object {
  if (/ (OR|AND) /.test(text)) return { expression: text };
  return { license: /^[A-Za-z0-9.+-]+$/.test(text) ? { id: text } : { name: text } };
}

function hashesOf(integrity: string): object[] {
  return integrity.split(/\s+/).flatMap((part) => {
    const [, content] = /^sha512-(.+)$/.exec(part) ?? [];
    return content === undefined
      ? []
      : [{ alg: "SHA-512", content: Buffer.from(content, "base64").toString("hex") }];
  });
}

/** From the content, so that the list changes only with it. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

if (import.meta.main) {
  const text = softwareBill(readFileSync("package-lock.json", "utf8"));
  mkdirSync(dirname(OUT), { recursive: true });
  writeFileSync(OUT, text);
  console.log(`${OUT}: ${(text.match(/"purl"/g) ?? []).length} packages, CycloneDX 1.5.`);
}
