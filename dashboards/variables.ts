/** Variables of the pages. They refresh with the time range, so that a group that is gone leaves the list. */
import type { FieldName } from "../model/fields.ts";
import { where } from "./lucene.ts";
import { DATASOURCE } from "./queries.ts";
import type { DashboardConfig, JsonObject } from "./types.ts";

/** More than the collector reads at most; Grafana's own default cuts at 500 in silence. */
const MAXIMUM_VALUES = 20_000;

export function datasourceVariable(config: DashboardConfig): JsonObject {
  return {
    type: "datasource",
    name: "datasource",
    label: "Data source",
    query: "elasticsearch",
    current: { text: "Lagline", value: config.datasourceUid },
    hide: 0,
    includeAll: false,
    multi: false,
    options: [],
    refresh: 1,
    regex: "/^Lagline/",
  };
}

export function clusterVariable(choice: "one" | "many"): JsonObject {
  return termsVariable(
    { name: "cluster", label: "Cluster", field: "cluster", filter: where("cluster") },
    choice,
  );
}

export function groupVariable(): JsonObject {
  const filter = where("group", { field: "cluster", is: "$cluster" });
  return termsVariable({ name: "group", label: "Consumer group", field: "group", filter }, "one");
}

/** Groups without a team stay in under "All", which a plain `*` would drop. */
export function teamVariable(): JsonObject {
  const filter = where("group", { field: "cluster", is: "$cluster" });
  return {
    ...termsVariable({ name: "team", label: "Team", field: "team", filter }, "many"),
    allValue: "* OR (*:* AND NOT _exists_:team)",
  };
}

/** Use only in parentheses, see `teamVariable`. */
export const TEAM_FILTER = "(team:$team)";

type TermsVariable = {
  readonly name: string;
  readonly label: string;
  readonly field: FieldName;
  readonly filter: string;
};

function termsVariable(variable: TermsVariable, choice: "one" | "many"): JsonObject {
  const query = JSON.stringify({
    find: "terms",
    field: variable.field,
    query: variable.filter,
    size: MAXIMUM_VALUES,
  });
  const many = choice === "many";
  return {
    type: "query",
    name: variable.name,
    label: variable.label,
    datasource: DATASOURCE,
    definition: query,
    query,
    refresh: 2,
    sort: 1,
    multi: many,
    includeAll: many,
    ...(many ? { allValue: "*", current: { text: ["All"], value: ["$__all"] } } : { current: {} }),
    hide: 0,
    options: [],
    regex: "",
    skipUrlSync: false,
  };
}
