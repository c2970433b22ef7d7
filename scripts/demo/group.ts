/** A scenario's consumer group: starts and stops members as its phases say. */
import { sleep } from "../kafka-admin/waiting.ts";
import { runMember } from "./member.ts";
import type { GroupShared } from "./member.ts";

const LOOK_MS = 500;

type RunningMember = { readonly stop: AbortController; readonly done: Promise<void> };

/** Plays a group until the signal; then all members have left it. */
export async function runGroup(shared: GroupShared, signal: AbortSignal): Promise<void> {
  const running: RunningMember[] = [];
  const leaving = new Set<Promise<void>>();
  let ordinal = -1;
  while (!signal.aborted) {
    const moment = shared.moment();
    if (moment.ordinal !== ordinal) shared.log(`${shared.scenario.group} ${moment.phase.says}.`);
    ordinal = moment.ordinal;
    while (running.length < moment.members) running.push(start(shared, running.length + 1, signal));
    while (running.length > moment.members) {
      const member = running.pop();
      member?.stop.abort();
      if (member !== undefined) track(leaving, member.done);
    }
    await sleep(LOOK_MS, signal);
  }
  await Promise.all([...running.map(({ done }) => done), ...leaving]);
}

function start(shared: GroupShared, number: number, signal: AbortSignal): RunningMember {
  const stop = new AbortController();
  const name = `${shared.scenario.group}-${number}`;
  return { stop, done: runMember(shared, name, AbortSignal.any([signal, stop.signal])) };
}

function track(set: Set<Promise<void>>, promise: Promise<void>): void {
  const tracked = promise.finally(() => set.delete(tracked));
  set.add(tracked);
}
