/** What became of groups that people know about: one line per group, whatever number of its alerts is open. Pure. */
import type { GroupOutcome } from "./monitoring-messages.ts";
import type { Evidence } from "./judge.ts";
import type { Sight } from "./sight.ts";
import type { OpenAlert, RelayState } from "./state.ts";
import { VERDICTS } from "../../model/verdicts.ts";

export function isOver(sight: Sight | undefined): boolean {
  return sight?.kind === "recovered" || sight?.kind === "gone";
}

/** One line per group: it is bad as long as one of its alerts is. */
export function outcomesOf(alerts: readonly OpenAlert[], { sights }: Evidence): readonly GroupOutcome[] {
  const groups = groupBy(alerts, ({ cluster, group }) => JSON.stringify([cluster, group]));
  return [...groups.values()].flatMap((of): readonly GroupOutcome[] => {
    const [first] = of;
    if (first === undefined) return [];
    const { cluster, group } = first;
    const seen = of.map(({ fingerprint }) => sights.get(fingerprint));
    const bad = seen.find((sight) => sight?.kind === "still_true");
    if (bad !== undefined)
      return [{ cluster, group, kind: "still_true", state: VERDICTS[bad.evidence.verdict].label }];
    if (seen.some((sight) => !isOver(sight))) return [{ cluster, group, kind: "unclear" }];
    const well = seen.find((sight) => sight?.kind === "recovered");
    return well === undefined
      ? [{ cluster, group, kind: "gone" }]
      : [{ cluster, group, kind: "recovered", state: VERDICTS[well.evidence.verdict].label }];
  });
}

export function worstPerGroup(state: RelayState, clusters: readonly string[]): readonly OpenAlert[] {
  const open = Object.values(state.alerts).filter(
    ({ cluster, group }) => group !== "" && clusters.includes(cluster),
  );
  const ordered = open.toSorted((a, b) => severityRank(a) - severityRank(b) || a.startsAtMs - b.startsAtMs);
  const groups = groupBy(ordered, ({ cluster, group }) => JSON.stringify([cluster, group]));
  return [...groups.values()].flatMap(([worst]) => (worst === undefined ? [] : [worst]));
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function severityRank({ severity }: OpenAlert): number {
  return severity === "critical" ? 0 : 1;
}
