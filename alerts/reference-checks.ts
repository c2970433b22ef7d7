/** What names what: uids, titles, data sources, panels, receivers and templates of the alerting files. */
import type { ParsedFile, ParsedRoute, ParsedRule } from "./file-schema.ts";
import { DEFAULT_RECEIVER } from "./names.ts";
import type { KnownTargets } from "./provisioning.ts";

/** Elasticsearch refuses a request with more buckets (search.max_buckets). */
const MAXIMUM_BUCKETS = 65_536;

export function checkRules(files: readonly ParsedFile[], known: KnownTargets): readonly string[] {
  const groups = files.flatMap((file) => file.groups ?? []);
  const rules = groups.flatMap((group) => group.rules);
  const deleted = new Set(files.flatMap((file) => file.deleteRules ?? []).map(({ uid }) => uid));
  return [
    // It would be deleted and made anew at every start, and forget what it fired.
    ...rules
      .filter(({ uid }) => deleted.has(uid))
      .map(({ uid, title }) => `Rule ${title} is deleted as well (uid ${uid}).`),
    ...repeated(rules.map((rule) => rule.uid)).map(
      (uid) => `Rule uid ${uid} is used twice; the last one would win.`,
    ),
    ...groups.flatMap((group) =>
      repeated(group.rules.map((rule) => rule.title)).map(
        (title) => `Rule title "${title}" is used twice in folder "${group.folder}".`,
      ),
    ),
    ...rules.flatMap((rule) => checkRule(rule, known)),
  ];
}

export function checkReceivers(files: readonly ParsedFile[]): readonly string[] {
  const points = files.flatMap((file) => file.contactPoints ?? []);
  const names = [DEFAULT_RECEIVER, ...points.map((point) => point.name)];
  const receivers = points.flatMap((point) => point.receivers);
  const defined = files
    .flatMap((file) => file.templates ?? [])
    .flatMap(({ template }) =>
      [...template.matchAll(/\{\{ define "([^"]+)" \}\}/g)].map((match) => match[1] ?? ""),
    );
  const used = receivers.flatMap(({ settings }) => templatesIn(Object.values(settings).join(" ")));
  const timings = files.flatMap((file) => file.muteTimes ?? []).map(({ name }) => name);
  const wanted = [
    ...files.flatMap((file) => file.policies ?? []).flatMap(receiversOf),
    ...files
      .flatMap((file) => file.groups ?? [])
      .flatMap((group) => group.rules)
      .flatMap((rule) =>
        rule.notification_settings === undefined ? [] : [rule.notification_settings.receiver],
      ),
  ];
  return [
    ...repeated(receivers.map((receiver) => receiver.uid)).map((uid) => `Receiver uid ${uid} is used twice.`),
    ...repeated(points.map((point) => point.name)).map((name) => `Contact point ${name} is defined twice.`),
    ...repeated(defined).map((name) => `Message template ${name} is defined twice.`),
    ...missing(wanted, names).map((name) => `Receiver ${name} does not exist.`),
    ...missing(used, defined).map((name) => `Message template ${name} does not exist.`),
    ...missing(files.flatMap((file) => file.policies ?? []).flatMap(timingsOf), timings).map(
      (name) => `Mute timing ${name} does not exist.`,
    ),
    ...repeated(timings).map((name) => `Mute timing ${name} is defined twice.`),
  ];
}

function checkRule(rule: ParsedRule, known: KnownTargets): readonly string[] {
  const refs = rule.data.map((item) => item.refId);
  const sources = [...known.datasourceUids, "__expr__"];
  const panels = known.panels.get(rule.dashboardUid) ?? [];
  const problems = [
    ...repeated(refs).map((ref) => `refId ${ref} is used twice`),
    ...missing([rule.condition], refs).map((ref) => `condition ${ref} names no query`),
    ...missing(
      rule.data.map((item) => item.datasourceUid),
      sources,
    ).map((uid) => `data source ${uid} is unknown`),
    ...missing(
      rule.data.flatMap(({ model }) => referencesOf(model)),
      refs,
    ).map((ref) => `expression uses ${ref}, which is not there`),
    ...missing(valuesIn(Object.values(rule.annotations)), refs).map(
      (ref) => `annotation uses $values.${ref}, which is not there`,
    ),
    ...(panels.includes(rule.panelId)
      ? []
      : [`panel ${rule.panelId} of dashboard ${rule.dashboardUid} does not exist`]),
    ...["summary", "runbook_url", "dashboard_url"]
      .filter((key) => (rule.annotations[key] ?? "") === "")
      .map((key) => `annotation ${key} is missing`),
    ...(rule.labels["severity"] === undefined ? ["label severity is missing"] : []),
    ...rule.data
      .filter(({ model, relativeTimeRange: range }) => model["type"] === undefined && range.from <= range.to)
      .map(({ refId }) => `query ${refId} has an empty time range`),
    ...rule.data
      .filter((item) => bucketsOf(item) >= MAXIMUM_BUCKETS)
      .map(
        ({ refId }) =>
          `query ${refId} may ask for more than ${MAXIMUM_BUCKETS} buckets; lower the number of groups or lengthen the interval`,
      ),
  ];
  return problems.map((problem) => `Rule ${rule.title}: ${problem}.`);
}

/** Groups of one cluster × buckets of the window: the number that a large installation must keep below the limit. */
function bucketsOf({ model, relativeTimeRange: range }: ParsedRule["data"][number]): number {
  const levels = Array.isArray(model["bucketAggs"]) ? model["bucketAggs"] : [];
  const sizes = levels.flatMap((level: { type?: unknown; field?: unknown; settings?: { size?: unknown } }) =>
    level.type === "terms" && level.field === "group" ? [Number(level.settings?.size)] : [],
  );
  const bucket = Number(model["intervalMs"]) / 1000;
  return sizes.reduce((product, size) => product * size, 1) * (range.from / bucket + 1);
}

function referencesOf(model: ParsedRule["data"][number]["model"]): readonly string[] {
  const expression = model["expression"];
  if (typeof expression !== "string") return [];
  if (model["type"] !== "math") return [expression];
  return [...expression.matchAll(/\$(\w+)/g)].map((match) => match[1] ?? "");
}

function valuesIn(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [...text.matchAll(/\$values\.(\w+)/g)].map((match) => match[1] ?? ""));
}

function templatesIn(text: string): readonly string[] {
  return [...text.matchAll(/\{\{ template "([^"]+)"/g)].map((match) => match[1] ?? "");
}

function receiversOf(route: ParsedRoute): readonly string[] {
  return [route.receiver, ...(route.routes ?? []).flatMap(receiversOf)];
}

function timingsOf(route: ParsedRoute): readonly string[] {
  return [...(route.mute_time_intervals ?? []), ...(route.routes ?? []).flatMap(timingsOf)];
}

function repeated(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

function missing(wanted: readonly string[], present: readonly string[]): readonly string[] {
  return [...new Set(wanted.filter((value) => !present.includes(value)))];
}
