/** Checks of queries: fields, settings and Lucene. What is wrong here shows as an empty panel, without any message. */
import type { TargetView } from "./lint-schema.ts";
import { FIELDS as FIELD_TABLE, FIELD_NAMES, RECORD_KINDS } from "../model/fields.ts";

const FIELDS: readonly string[] = FIELD_NAMES;
const RECORDS: readonly string[] = RECORD_KINDS;
/** Lines that a reader can still tell apart. */
const MAXIMUM_LINES = 20;

export function checkTarget(target: TargetView, panelType: string): readonly string[] {
  const { refId, metrics, bucketAggs } = target;
  const documents = metrics.some((metric) => metric.type === "raw_data");
  const overTime = bucketAggs.at(-1)?.type === "date_histogram";
  const problems = [
    ...checkDatasource(target.datasource),
    ...checkLucene(target.query),
    ...[...metrics, ...bucketAggs].flatMap(({ field }) => checkField(field)),
    ...[...metrics, ...bucketAggs].flatMap(({ settings }) => checkSettings(settings)),
    ...[...(target.alias ?? "").matchAll(/\{\{(\w+)\}\}/g)].flatMap((match) => checkField(match[1])),
    ...bucketAggs.filter(({ type }) => type === "terms").flatMap(checkTerms),
    ...[...metrics, ...bucketAggs].flatMap(({ field }) => checkRecord(target.query, field)),
    ...(metrics.length === 1 || (panelType === "table" && !overTime)
      ? []
      : ["asks for several metrics at once"]),
    // Without it the answer is one table over the whole range, which only these can show.
    ...(documents || overTime || panelType === "table" || panelType === "stat"
      ? []
      : ["does not end with date_histogram"]),
  ];
  if (panelType === "timeseries" && linesOf(target) > MAXIMUM_LINES) {
    problems.push(`may draw ${linesOf(target)} lines, at most ${MAXIMUM_LINES} can be read`);
  }
  return problems.map((problem) => `query ${refId} ${problem}`);
}

/** Series that a query may give. */
export function linesOf(target: TargetView): number {
  return target.bucketAggs
    .filter(({ type }) => type === "terms")
    .reduce((product, { settings }) => product * Number(settings["size"]), 1);
}

/** `${…}` references are counted as variables by the caller; here a filter must name its record and only known fields. */
export function checkLucene(query: string): readonly string[] {
  const problems: string[] = [];
  const record = /^record:(\w+)(?= AND |$)/.exec(query)?.[1];
  if (record === undefined || !RECORDS.includes(record))
    problems.push(`filter "${query}" does not begin with record:<kind>`);
  const bare = query.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  for (const match of bare.matchAll(/(?:^|[\s(])-?(_exists_|[@\w.]+):([^\s)]*)/g)) {
    const [, field = "", value = ""] = match;
    if (field === "_exists_") problems.push(...checkField(value));
    else {
      problems.push(...checkField(field));
      // A variable is escaped by Grafana, a quoted text by us, a number or a word of letters needs neither.
      if (!/^(?:\$\w+|\$\{\w+:doublequote\}|""|(?:>=?|<=?)?-?\d+(?:\.\d+)?|[a-z_]+|\[.*)$/.test(value)) {
        problems.push(`filter has an unescaped or empty value after ${field}: "${value}"`);
      }
    }
  }
  if (/[<>]=?\s/.test(bare) || /\w\s*[<>]/.test(bare))
    problems.push(`filter "${query}" compares without field:> directly before the number`);
  if ((bare.match(/\(/g) ?? []).length !== (bare.match(/\)/g) ?? []).length)
    problems.push(`filter "${query}" has unbalanced parentheses`);
  if (/"[^"]*\$\w+[^"]*"/.test(query))
    problems.push("filter has a variable inside quotes, where Grafana's escaping shows");
  return problems;
}

/** A field of another kind of document is mapped, so Elasticsearch takes the query and finds nothing. */
function checkRecord(query: string, field: string | undefined): readonly string[] {
  const record = RECORD_KINDS.find((kind) => query.split(" ")[0] === `record:${kind}`);
  const name = FIELD_NAMES.find((known) => known === field);
  if (record === undefined || name === undefined) return [];
  const { records }: { readonly records: readonly string[] } = FIELD_TABLE[name];
  return records.includes(record) ? [] : [`asks ${record} documents for ${name}, which they do not have`];
}

export function checkField(field: string | undefined): readonly string[] {
  return field === undefined || FIELDS.includes(field) ? [] : [`uses the unknown field ${field}`];
}

export function checkDatasource(datasource: TargetView["datasource"]): readonly string[] {
  return datasource?.uid === "${datasource}" ? [] : ["does not take its data source from the variable"];
}

function checkSettings(settings: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  return Object.entries(settings ?? {})
    .filter(([, value]) => typeof value !== "string")
    .map(([key, value]) => `setting ${key} must be text, is ${typeof value}`);
}

function checkTerms({ field, settings }: TargetView["bucketAggs"][number]): readonly string[] {
  const size = Number(settings["size"]);
  return [
    ...(Number.isInteger(size) && size > 0
      ? []
      : [`terms ${field ?? ""} has no size, and 500 would cut in silence`]),
    ...(typeof settings["orderBy"] === "string"
      ? []
      : [`terms ${field ?? ""} has no orderBy, and old versions show nothing`]),
  ];
}
