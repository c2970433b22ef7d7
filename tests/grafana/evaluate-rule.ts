/** One rule over documents in memory, for tests that ask about the state of one alert: `cluster/group` or `cluster/collector`. */
import { searchMemory } from "../../alerts/evaluation/memory-source.ts";
import { RulePlayer as Player } from "../../alerts/evaluation/play-rule.ts";
import type { AlertState } from "../../alerts/evaluation/play-rule.ts";
import { viewRule } from "../../alerts/evaluation/rule-view.ts";
import type { LagDocument } from "../../model/documents.ts";

export type { AlertState } from "../../alerts/evaluation/play-rule.ts";

export class RulePlayer {
  readonly #player: Player;

  /** `missingEvaluations`: 2 in Grafana 9, set by the rule from 12 on. */
  constructor(rule: unknown, options: { readonly missingEvaluations: number }) {
    this.#player = new Player({ ...viewRule(rule), ...options });
  }

  at(nowMs: number, documents: readonly LagDocument[]): ReadonlyMap<string, AlertState> {
    const answers = searchMemory(documents, this.#player.rule.queries, nowMs);
    return new Map(
      this.#player
        .at(nowMs, answers)
        .map(({ labels, state }) => [
          `${labels["cluster"]}/${labels["group"] ?? labels["collector"]}`,
          state,
        ]),
    );
  }
}
