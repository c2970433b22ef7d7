/**
 * The law of conservation over the collector's own /metrics: every document that was made is stored, was there already,
 * is a dead letter, was dropped with a reason, or waits. Pure: text in, sentences out.
 */

/** What /metrics says about documents at one moment. */
export type Account = {
  /** Documents that were made and accepted into the spool. */
  readonly made: number;
  readonly accepted: number;
  readonly recovered: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly deadLettered: number;
  readonly droppedBy: ReadonlyMap<string, number>;
  readonly waiting: number;
  /** Documents of ticks that the spool did not accept. */
  readonly lost: number;
  /** Dead letters that were reported, by error type. */
  readonly reportedBy: ReadonlyMap<string, number>;
};

const DROP_REASONS: ReadonlySet<string> = new Set(["size", "age", "disk_full", "corrupt"]);

/** @throws Error when a metric that the law needs is missing, or is no whole number. */
export function readAccount(metrics: string): Account {
  const plain = (name: string): number => {
    const found = series(metrics, name).get("");
    if (found === undefined) throw new Error(`/metrics has no ${name}`);
    return found;
  };
  return {
    made: plain("lagline_documents_total"),
    accepted: plain("lagline_documents_accepted_total"),
    recovered: plain("lagline_documents_recovered_total"),
    stored: plain("lagline_documents_stored_total"),
    duplicate: plain("lagline_documents_duplicate_total"),
    deadLettered: plain("lagline_documents_dead_lettered_total"),
    droppedBy: series(metrics, "lagline_spool_dropped_documents_total"),
    waiting: plain("lagline_spool_documents"),
    lost: plain("lagline_documents_lost_total"),
    reportedBy: series(metrics, "lagline_dead_letters_total"),
  };
}

/** What does not add up at this moment, one sentence each; empty when everything does. */
export function checkAccount(account: Account): readonly string[] {
  const { made, accepted, recovered, stored, duplicate, deadLettered, droppedBy, waiting } = account;
  const dropped = sum(droppedBy);
  const faults: string[] = [];
  const came = recovered + accepted;
  const went = stored + duplicate + deadLettered + dropped + waiting;
  if (came !== went) {
    const parts = `stored ${stored}, duplicate ${duplicate}, dead-lettered ${deadLettered}, dropped ${dropped}, waiting ${waiting}`;
    faults.push(
      `${came} documents came in (${recovered} found, ${accepted} accepted), but ${went} are accounted for: ${parts}.`,
    );
  }
  if (made !== accepted) faults.push(`${made} documents were made, but ${accepted} accepted.`);
  for (const reason of droppedBy.keys()) {
    if (!DROP_REASONS.has(reason)) faults.push(`Documents were dropped for an unknown reason (${reason}).`);
  }
  // A dead letter is written down first and reported when its batch is settled.
  if (sum(account.reportedBy) > deadLettered) {
    faults.push(`${sum(account.reportedBy)} dead letters were reported, but ${deadLettered} written.`);
  }
  for (const [name, value] of totals(account)) {
    if (value < 0) faults.push(`${name} is ${value}.`);
  }
  return faults;
}

/** What cannot be between two moments of one process: a counter that falls. */
export function checkSuccession(before: Account, after: Account): readonly string[] {
  const now = totals(after);
  return [...totals(before)].flatMap(([name, value]) => {
    const later = now.get(name) ?? 0;
    return name !== "waiting" && later < value ? [`${name} fell from ${value} to ${later}.`] : [];
  });
}

function totals({ droppedBy, reportedBy, ...plain }: Account): Map<string, number> {
  return new Map([...Object.entries(plain), ["dropped", sum(droppedBy)], ["reported", sum(reportedBy)]]);
}

function sum(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((total, value) => total + value, 0);
}

/** Values of one metric by the value of its only label; the empty name where it has none. */
function series(metrics: string, name: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of metrics.split("\n")) {
    if (!line.startsWith(name)) continue;
    const match = /^(?:\{\w+="([^"]*)"\})? (\S+)$/.exec(line.slice(name.length));
    if (match === null) continue;
    const value = Number(match[2]);
    if (!Number.isInteger(value))
      throw new Error(`${name} is ${match[2] ?? ""}, which is no number of documents`);
    found.set(match[1] ?? "", value);
  }
  return found;
}
