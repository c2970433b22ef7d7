/** Event documents as marks on every chart of a page: what changed just before it got worse? */
import type { Condition } from "./lucene.ts";
import { where } from "./lucene.ts";
import { DATASOURCE } from "./queries.ts";
import type { JsonObject } from "./types.ts";

/** Deployments apart from the rest, so that a reader can tell "we did this" from "this happened". Two queries. */
export function eventAnnotations(...about: readonly Condition[]): readonly JsonObject[] {
  return [
    annotation("Changes", "purple", where("event", ...about, "NOT event_kind:deployment")),
    {
      ...annotation("Deployments", "blue", where("event", ...about, "event_kind:deployment")),
      timeEndField: "event_until",
    },
  ];
}

/** For pages of many groups: every change of every verdict would hide the charts. */
export function rareEventAnnotations(...about: readonly Condition[]): readonly JsonObject[] {
  const rare = "(event_kind:group_vanished OR event_kind:rewind OR event_kind:deployment)";
  return [annotation("Vanished, rewound, deployed", "purple", where("event", ...about, rare))];
}

function annotation(name: string, iconColor: string, query: string): JsonObject {
  return {
    name,
    datasource: DATASOURCE,
    enable: true,
    hide: false,
    iconColor,
    query,
    target: { refId: name, query },
    timeField: "@timestamp",
    textField: "event_text",
    tagsField: "event_kind",
  };
}
