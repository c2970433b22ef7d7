/** What a Grafana of this configuration must have, taken from the very files that are provisioned. */
import { parse } from "yaml";
import { z } from "zod";
import type { Config } from "../../config/schema.ts";
import { loadRunbooks } from "../../alerts/index.ts";
import { grafanaFiles } from "../../stacks/files/grafana-files.ts";
import type { ExpectedGrafana } from "./grafana.ts";

const dashboardSchema = z.object({ uid: z.string(), panels: z.array(z.unknown()) });
const rulesSchema = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ uid: z.string() })) })),
});
const sourcesSchema = z.object({ datasources: z.array(z.object({ uid: z.string() })) });

export async function expectedGrafana(config: Config): Promise<ExpectedGrafana> {
  const texts = [...grafanaFiles(config, await loadRunbooks()).entries()];
  const parsed = texts
    .filter(([path]) => /\.(json|ya?ml)$/.test(path))
    .map(([, text]): unknown => parse(text));
  const all = <T>(schema: z.ZodType<T>): readonly T[] =>
    parsed.flatMap((file) => {
      const found = schema.safeParse(file);
      return found.success ? [found.data] : [];
    });
  return {
    dashboardUids: all(dashboardSchema).map(({ uid }) => uid),
    ruleUids: all(rulesSchema).flatMap(({ groups }) =>
      groups.flatMap(({ rules }) => rules.map(({ uid }) => uid)),
    ),
    datasourceUids: all(sourcesSchema).flatMap(({ datasources }) => datasources.map(({ uid }) => uid)),
  };
}
