import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { softwareBill } from "./sbom.ts";

const lock = readFileSync("package-lock.json", "utf8");
const listSchema = z.object({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.literal("1.5"),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
  metadata: z.object({ component: z.object({ name: z.literal("lagline") }) }),
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      scope: z.enum(["required", "optional", "excluded"]),
      purl: z.string().regex(/^pkg:npm\/(%40[^/]+\/)?[^/@]+@[^@]+$/),
      licenses: z.array(z.unknown()).length(1),
      hashes: z.array(z.object({ alg: z.literal("SHA-512"), content: z.string().length(128) })).optional(),
    }),
  ),
});
const { components } = listSchema.parse(JSON.parse(softwareBill(lock)));

describe("the software bill of materials", () => {
  it("lists every package of the lockfile once, with licence and purl", () => {
    const { packages } = z
      .object({ packages: z.record(z.string(), z.object({ version: z.string() })) })
      .parse(JSON.parse(lock));
    const wanted = Object.entries(packages)
      .filter(([path]) => path !== "")
      .map(([path, { version }]) => `${path.split("node_modules/").at(-1)}@${version}`);
    const listed = components.map(({ name, version }) => `${name}@${version}`);
    expect(listed.toSorted()).toEqual([...new Set(wanted)].toSorted());
  });

  it("calls required what runs, although development uses it too, and excluded what does not", () => {
    const scopesOf = (wanted: string) =>
      components.filter(({ name }) => name === wanted).map(({ scope }) => scope);
    for (const name of ["axios", "@elastic/elasticsearch", "zod", "pino", "yaml", "picomatch"]) {
      expect([name, ...scopesOf(name)]).toContain("required");
    }
    for (const name of ["vitest", "typescript", "oxlint"]) {
      expect([name, ...new Set(scopesOf(name))]).toEqual([name, "excluded"]);
    }
  });

  it("has the checksum of every package that is fetched by itself, and is the same for the same lockfile", () => {
    const shipped = components.find(({ name, scope }) => scope === "required" && name === "axios");
    expect(shipped?.hashes).toHaveLength(1);
    expect(softwareBill(lock)).toBe(softwareBill(lock));
  });
});
