/** Checks of data links: what they carry, and whether the row they stand on has it. */
import { linksView } from "./lint-schema.ts";
import type { PanelView } from "./lint-schema.ts";

export function checkDataLinks(panel: PanelView): readonly string[] {
  const overrides = panel.fieldConfig?.overrides ?? [];
  const columns = new Set(overrides.map(({ matcher }) => String(matcher.options)));
  const urls = overrides
    .flatMap(({ properties }) => properties)
    .flatMap(({ id, value }) => (id === "links" ? linksView.parse(value) : []))
    .map((link) => link.url);
  return urls.flatMap((url) => [
    ...(url.includes("${__url_time_range}") ? [] : [`link ${url} does not hand on the time range`]),
    ...(/\$\{__data\.fields\.\w+\}/.test(url) ? ["puts a value into a link without escaping it"] : []),
    ...[...url.matchAll(/\$\{__data\.fields\.(\w+)/g)]
      .map((match) => match[1] ?? "")
      .filter((name) => !columns.has(name))
      .map((name) => `link ${url} needs the column ${name}`),
  ]);
}
