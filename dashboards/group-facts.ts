/** The row of words of the group page: where it is worst, whose that is, since when, who is responsible. */
import { zeroMapping } from "./appearance.ts";
import { statPanel } from "./panels.ts";
import { documentsQuery } from "./queries.ts";
import { asTime } from "./tables.ts";
import type { DashboardConfig, JsonObject, PanelDraft, PanelText } from "./types.ts";
import type { FieldName } from "../model/fields.ts";

type Fact = Pick<PanelText, "id" | "title" | "description" | "empty" | "width"> & {
  readonly fields: readonly { readonly field: FieldName; readonly name: string; readonly unit?: string }[];
  readonly isTime?: boolean;
};

const FACTS: readonly Fact[] = [
  {
    id: 30,
    title: "Where is it worst?",
    description: "Topic and number of the partition that is furthest behind; look there first.",
    empty: "nothing lags",
    width: 7,
    fields: [
      { field: "worst_topic", name: "topic" },
      { field: "worst_partition", name: "partition" },
    ],
  },
  {
    id: 31,
    title: "Whose is that partition?",
    description:
      "Host that owns the partition furthest behind; none while it lags means that no consumer is there, or that Burrow cannot see it.",
    empty: "no owner known, or nothing lags",
    width: 5,
    fields: [{ field: "worst_owner", name: "owner" }],
  },
  {
    id: 32,
    title: "Verdict since",
    description: "When the verdict began; compare with deployments and with the marks on the charts.",
    empty: "not known",
    width: 5,
    fields: [{ field: "verdict_since", name: "since" }],
    isTime: true,
  },
  {
    id: 33,
    title: "Team",
    description: "Team of the policy that applies; none means that nobody was named in lagline.yaml.",
    empty: "none",
    width: 3,
    fields: [{ field: "team", name: "team" }],
  },
  {
    id: 34,
    title: "What is expected?",
    description: "Policy that applies and its objective; a wrong policy makes a wrong alarm.",
    empty: "not known",
    width: 4,
    fields: [
      { field: "policy", name: "policy" },
      { field: "objective_seconds", name: "objective", unit: "s" },
    ],
  },
];

/** Each tile reads the newest document for itself, so that a field that is missing leaves its own words, not a hole. */
export function groupFacts(filter: string, config: DashboardConfig): readonly PanelDraft[] {
  return FACTS.map(({ fields, isTime = false, ...text }) =>
    statPanel({
      ...text,
      height: 3,
      unit: isTime ? "dateTimeAsIso" : "none",
      background: false,
      textSize: 18,
      textMode: fields.length > 1 ? "value_and_name" : "value",
      // Grafana compares with the name that is shown.
      fields: `/^(${fields.map(({ name }) => name).join("|")}):?\\s?$/`,
      mappings: zeroMapping("0"),
      // On a flat tile name and value stand side by side without a gap.
      overrides: fields.map(({ field, name, unit }) =>
        overrideOf(field, fields.length > 1 ? `${name}:\u00A0` : name, unit),
      ),
      transformations: isTime ? asTime(fields.map(({ field }) => field)) : [],
      lastSeconds: config.staleAfterSeconds,
      targets: [documentsQuery(filter, 1)],
    }),
  );
}

function overrideOf(field: FieldName, name: string, unit: string | undefined): JsonObject {
  return {
    matcher: { id: "byName", options: field },
    properties: [
      { id: "displayName", value: name },
      ...(unit === undefined ? [] : [{ id: "unit", value: unit }]),
    ],
  };
}
