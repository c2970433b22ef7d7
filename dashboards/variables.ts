/** Variables of the pages. They refresh with the time range, so that a group that is gone leaves the list. */
import type { FieldName } from "../model/fields.ts";
import { where } from "./lucene.ts";
import type { Condition } from "./lucene.ts";
import { DATASOURCE } from "./queries.ts";
import type { DashboardConfig, JsonObject } from "./types.ts";

/** More than the collector reads at most; Grafana's own default cuts at 500 in silence. */
const MAXIMUM_VALUES = 20_000;
const ONE_GROUP: Condition = { field: "group", is: "${group:doublequote}" };

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

export function topicVariable(): JsonObject {
  const filter = where("topic", { field: "cluster", is: "$cluster" });
  return termsVariable({ name: "topic", label: "Topic", field: "topic", filter }, "one");
}

/** Topics and partitions of one group, so that the lists are as short as what the group reads. */
export function groupTopicVariable(): JsonObject {
  const filter = where("partition", { field: "cluster", is: "$cluster" }, ONE_GROUP);
  return termsVariable({ name: "topic", label: "Topic", field: "topic", filter }, "one");
}

export function partitionVariable(): JsonObject {
  const filter = where("partition", { field: "cluster", is: "$cluster" }, ONE_GROUP, {
    field: "topic",
    is: "${topic:doublequote}",
  });
  const variable = termsVariable(
    { name: "partition", label: "Partition", field: "partition", filter },
    "one",
  );
  // Numbers written as text: sorted as numbers.
  return { ...variable, sort: 3 };
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
    // Without a choice Grafana takes the first value.
    ...(many ? { allValue: "*", current: { text: ["All"], value: ["$__all"] } } : {}),
    hide: 0,
    options: [],
    regex: "",
    skipUrlSync: false,
  };
}
