/** Which group a message is about, so that the newest data of that group can be added when it is posted. */
import type { OpenAlert, Subject } from "./state.ts";

/** None where the alerts are about several groups, or about none. `endsAtMs`: null while they last. */
export function subjectOf(
  alerts: readonly Pick<OpenAlert, "cluster" | "group" | "startsAtMs">[],
  endsAtMs: number | null,
): { readonly subject?: Subject } {
  const [first] = alerts;
  if (first === undefined || first.group === "") return {};
  const { cluster, group } = first;
  if (alerts.some((alert) => alert.cluster !== cluster || alert.group !== group)) return {};
  const startsAtMs = Math.min(...alerts.map((alert) => alert.startsAtMs));
  return { subject: { cluster, group, startsAtMs, endsAtMs } };
}
