/** Options of every input and output that change or choose metrics on their way, with why there are none. */
const FILTERING =
  "metrics cannot be changed on their way; leave out measurements with collector.telegraf.measurements.";
export const METRIC_FILTERS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "name_override",
    "name_prefix",
    "name_suffix",
    "namepass",
    "namedrop",
    "fieldinclude",
    "fieldexclude",
    "fieldpass",
    "fielddrop",
    "tagpass",
    "tagdrop",
    "taginclude",
    "tagexclude",
    "metricpass",
  ].map((option) => [option, FILTERING]),
);
