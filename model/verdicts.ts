/**
 * Lagline's answer about one group or one partition. The order is the order of urgency: the code of a verdict is its
 * place here, so that `verdict_code` sorts, and a higher code is worse. Codes never change; new verdicts get new codes.
 */
export const VERDICTS = {
  ok: { code: 0, severity: "ok", label: "ok", meaning: "Keeps up: lag is within the objective." },
  idle: { code: 1, severity: "ok", label: "idle", meaning: "Nothing to do: no lag and nothing produced." },
  catching_up: {
    code: 2,
    severity: "ok",
    label: "catching up",
    meaning: "Behind, but faster than the producer.",
  },
  unknown: { code: 3, severity: "info", label: "unknown", meaning: "Not enough history yet to say." },
  suspect_data: {
    code: 4,
    severity: "info",
    label: "monitoring suspect",
    meaning: "The monitoring itself cannot be trusted at the moment; the consumer is not blamed.",
  },
  rewound: {
    code: 5,
    severity: "warning",
    label: "rewound",
    meaning: "Committed offsets went back; messages are read again.",
  },
  hot_partition: {
    code: 6,
    severity: "warning",
    label: "hot partition",
    meaning: "Most of the lag sits on few partitions while the others keep up.",
  },
  falling_behind: {
    code: 7,
    severity: "warning",
    label: "falling behind",
    meaning: "Slower than the producer: lag grows.",
  },
  no_owner: {
    code: 8,
    severity: "critical",
    label: "no owner",
    meaning: "Partitions with lag belong to no consumer.",
  },
  stalled: {
    code: 9,
    severity: "critical",
    label: "stalled",
    meaning: "Commits keep coming but the offset does not move: a stuck message or handler.",
  },
  stopped: {
    code: 10,
    severity: "critical",
    label: "stopped",
    meaning: "No commits any more while messages wait.",
  },
  vanished: {
    code: 11,
    severity: "critical",
    label: "vanished",
    meaning: "The group was known and is gone from Burrow.",
  },
} as const satisfies Record<string, VerdictInfo>;

export type VerdictSeverity = "ok" | "info" | "warning" | "critical";
export type VerdictInfo = {
  readonly code: number;
  readonly severity: VerdictSeverity;
  readonly label: string;
  readonly meaning: string;
};
export type Verdict = keyof typeof VERDICTS;

// eslint-disable-next-line typescript/no-unsafe-type-assertion -- the table is a constant: its keys are exactly these
export const VERDICT_NAMES = Object.keys(VERDICTS) as readonly Verdict[];

/** The worse of two verdicts, by code. */
export function worseVerdict(a: Verdict, b: Verdict): Verdict {
  return VERDICTS[a].code >= VERDICTS[b].code ? a : b;
}

/**
 * How `time_lag_seconds` was found, best first.
 * `exact`: no lag, or both neighbours of the committed offset were observed within one refresh of each other;
 * `interpolated`: between two observed end offsets; `lower_bound`: older than the oldest observation, the true value is
 * at least this; `estimated`: lag ÷ produce rate; `none`: cannot be said.
 */
export const TIME_LAG_METHODS = ["exact", "interpolated", "lower_bound", "estimated", "none"] as const;
export type TimeLagMethod = (typeof TIME_LAG_METHODS)[number];
