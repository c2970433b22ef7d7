/** Checks of generated dashboards. Grafana takes nearly anything and then shows an empty panel; this says what and where. */
import { checkDatasource, checkField, checkLucene, checkTarget, linesOf } from "./lint-queries.ts";
import { checkDataLinks } from "./lint-links.ts";
import { dashboardView, linksView, thresholdsView, variableQueryView } from "./lint-schema.ts";
import type { DashboardView, PanelView } from "./lint-schema.ts";
import type { BuiltDashboard } from "./types.ts";

export type LintOptions = {
  /** Numbers that thresholds may have: those that follow from configuration and policy. */
  readonly allowedThresholds: readonly number[];
};

const COLUMNS = 24;
/** Variables that Grafana itself fills. */
const BUILT_IN = /^__/;
const MAXIMUM_LINES = 20;

/** Every problem of a set of dashboards that is provisioned together, one sentence each. */
export function lintDashboards(
  dashboards: readonly BuiltDashboard[],
  options: LintOptions,
): readonly string[] {
  const views: DashboardView[] = [];
  const problems: string[] = [];
  for (const { uid, fileName, json } of dashboards) {
    const result = dashboardView.safeParse(json);
    if (!result.success) {
      problems.push(
        ...result.error.issues.map(
          ({ path, message }) => `${fileName}: ${path.map(String).join(".")}: ${message}`,
        ),
      );
    } else {
      views.push(result.data);
      if (result.data.uid !== uid)
        problems.push(`${fileName}: uid in the file is ${result.data.uid}, not ${uid}`);
    }
  }
  return [
    ...problems,
    ...repeated(views.map((view) => view.uid)).map(
      (uid) => `uid ${uid} is used twice, and Grafana would save nothing`,
    ),
    ...repeated(views.map((view) => view.title)).map(
      (title) => `title "${title}" is used twice, and Grafana would save nothing`,
    ),
    ...repeated(dashboards.map((built) => built.fileName)).map((name) => `file ${name} is written twice`),
    ...views.flatMap((view) => lintOne(view, views, options).map((problem) => `${view.uid}: ${problem}`)),
  ];
}

function lintOne(
  view: DashboardView,
  all: readonly DashboardView[],
  options: LintOptions,
): readonly string[] {
  const variables = view.templating.list.map((variable) => variable.name);
  return [
    ...repeated(view.panels.map((panel) => panel.id)).map((id) => `panel id ${id} is used twice`),
    ...repeated(variables).map((name) => `variable ${name} is defined twice`),
    ...view.panels.flatMap((panel) =>
      checkPanel(panel, options).map((problem) => `panel ${panel.id} ${problem}`),
    ),
    ...checkPlaces(view.panels),
    ...checkVariables(view),
    ...(view.panels.some(showsDataAge) ? [] : ["does not show how old its data is"]),
    ...checkAnnotations(view),
    ...usedVariables(view)
      .filter((name) => !variables.includes(name) && !BUILT_IN.test(name))
      .map((name) => `uses the variable ${name}, which is not defined`),
    ...linksOf(view).flatMap((url) => checkLink(url, all)),
  ];
}

function checkPanel(panel: PanelView, options: LintOptions): readonly string[] {
  const problems = [
    ...(panel.title === "" ? ["has no title"] : []),
    ...(/^\S.*\.$/s.test(panel.description) ? [] : ["has no description that is a sentence"]),
  ];
  if (panel.type === "text") return problems;
  const { defaults, overrides } = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  const steps = [
    ...(defaults.thresholds?.steps ?? []),
    ...overrides
      .flatMap(({ properties }) => properties)
      .flatMap(({ id, value }) => (id === "thresholds" ? thresholdsView.parse(value).steps : [])),
  ];
  const strange = steps.flatMap(({ value }) =>
    value === null || options.allowedThresholds.includes(value) ? [] : [value],
  );
  const lines = panel.targets.reduce((total, target) => total + linesOf(target), 0);
  return [
    ...problems,
    ...checkDatasource(panel.datasource),
    ...((defaults.unit ?? "") === "" ? ["has no unit"] : []),
    ...((defaults.noValue ?? "") === "" ? ["has no text for when it is empty"] : []),
    ...(panel.targets.length === 0 ? ["has no query"] : []),
    ...(panel.type === "timeseries" && lines > MAXIMUM_LINES
      ? [`may draw ${lines} lines, at most ${MAXIMUM_LINES} can be read`]
      : []),
    ...checkDataLinks(panel),
    ...checkNow(panel),
    ...strange.map((value) => `has the threshold ${value}, which does not come from configuration or policy`),
    ...repeated(panel.targets.map((target) => target.refId)).map((ref) => `has two queries ${ref}`),
    ...panel.targets.flatMap((target) => checkTarget(target, panel.type)),
  ];
}

/** Grafana takes no notice of `timeFrom` behind a link with an absolute time: old data would look new. */
function checkNow(panel: PanelView): readonly string[] {
  const { timeFrom } = panel;
  if (timeFrom === undefined) return [];
  const filter = `@timestamp:[\${__to}||-${timeFrom} TO *]`;
  return panel.targets
    .filter(({ query }) => !query.includes(filter))
    .map(({ refId }) => `query ${refId} does not ask for the last ${timeFrom} only, as the panel says`);
}

/** By title, and by what it asks for: either alone could be there by chance. */
function showsDataAge({ title, targets }: PanelView): boolean {
  return (
    title === "Newest data" &&
    targets.some(
      ({ query, metrics }) => query.startsWith("record:cluster") && metrics[0]?.field === "@timestamp",
    )
  );
}

function checkPlaces(panels: readonly PanelView[]): readonly string[] {
  const tooWide = panels
    .filter(({ gridPos: { x, w } }) => x + w > COLUMNS)
    .map(({ id }) => `panel ${id} ends beyond column ${COLUMNS}`);
  const overlapping = panels.flatMap((a, index) =>
    panels
      .slice(index + 1)
      .flatMap((b) => (overlap(a.gridPos, b.gridPos) ? [`panels ${a.id} and ${b.id} overlap`] : [])),
  );
  return [...tooWide, ...overlapping];
}

type Place = PanelView["gridPos"];
function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function checkVariables(view: DashboardView): readonly string[] {
  return view.templating.list
    .filter((variable) => variable.type === "query")
    .flatMap((variable) => {
      const { field, query } = variableQueryView.parse(JSON.parse(variable.query));
      return [
        ...checkDatasource(variable.datasource),
        ...checkField(field),
        ...checkLucene(query),
        ...(variable.refresh === 2 ? [] : ["does not refresh with the time range"]),
      ].map((problem) => `variable ${variable.name} ${problem}`);
    });
}

function checkAnnotations(view: DashboardView): readonly string[] {
  return view.annotations.list.flatMap((annotation) =>
    [
      ...checkDatasource(annotation.datasource),
      ...checkLucene(annotation.query),
      ...[annotation.timeField, annotation.textField, annotation.tagsField].flatMap(checkField),
    ].map((problem) => `annotation ${annotation.name} ${problem}`),
  );
}

/** Variables in queries and links; `${__data.fields.x}` and the like belong to Grafana. */
function usedVariables(view: DashboardView): readonly string[] {
  const texts = [
    ...view.panels.flatMap((panel) => panel.targets.map((target) => target.query)),
    ...view.templating.list.map((variable) => (variable.type === "query" ? variable.query : "")),
    ...view.annotations.list.map((annotation) => annotation.query),
    ...linksOf(view),
  ];
  const names = texts.flatMap((text) => [...text.matchAll(/\$\{?(\w+)/g)].map((match) => match[1] ?? ""));
  return [...new Set(names)];
}

function linksOf(view: DashboardView): readonly string[] {
  const inPanels = view.panels.flatMap((panel) => [
    ...(panel.fieldConfig?.defaults.links ?? []),
    ...(panel.fieldConfig?.overrides ?? [])
      .flatMap(({ properties }) => properties)
      .flatMap(({ id, value }) => (id === "links" ? linksView.parse(value) : [])),
  ]);
  return [...view.links, ...inPanels].map((link) => link.url);
}

function checkLink(url: string, all: readonly DashboardView[]): readonly string[] {
  const match = /^\/d\/([\w-]+)(?:\?(.*))?$/.exec(url);
  if (match === null) return [`link ${url} does not lead to a page of this set`];
  const target = all.find((view) => view.uid === match[1]);
  if (target === undefined) return [`link ${url} leads to a dashboard that does not exist`];
  const known = new Set(target.templating.list.map((variable) => variable.name));
  const wanted = [...(match[2] ?? "").matchAll(/(?:^|&)var-(\w+)=/g)].map((found) => found[1] ?? "");
  return wanted
    .filter((name) => !known.has(name))
    .map((name) => `link ${url} sets the variable ${name}, which ${target.uid} does not have`);
}

function repeated<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
