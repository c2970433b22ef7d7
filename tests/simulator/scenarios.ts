/** The situations an on-call engineer meets, each with what must be said about it. Times are seconds of virtual time. */
import type { BatchWindow } from "../../model/policy.ts";
import type { Scenario } from "./scenario.ts";
import type { Simulation } from "./run.ts";

const HOSTS = ["10.0.3.5", "10.0.3.6", "10.0.3.7"];
const SUBJECT = "billing";
/** When things begin to happen: Burrow and the collector have settled by then. */
const EVENT = 900;
/** A client's session timeout plus a patience of 90 s: sooner nobody can tell a stop from a rebalance. */
const PATIENCE = 90;

/** Healthy groups beside the subject, with commits on progress and by the clock, so that a false alarm has victims. */
function bystanders({ kafka }: Simulation): void {
  kafka.topic("clicks", [40, 40, 40, 40]);
  kafka.topic("audit", [3, 3]);
  kafka.topic("rare", [0.02]);
  kafka.group({
    name: "click-etl",
    topic: "clicks",
    hosts: ["10.0.4.1", "10.0.4.2"],
    capacity: 200,
    commitSeconds: 1,
  });
  kafka.group({
    name: "click-slow-commits",
    topic: "clicks",
    hosts: ["10.0.4.3"],
    capacity: 200,
    commitSeconds: 20,
  });
  kafka.group({
    name: "audit-log",
    topic: "audit",
    hosts: ["10.0.5.1"],
    capacity: 50,
    commitSeconds: 5,
    commitAlways: false,
  });
  kafka.group({
    name: "rare-events",
    topic: "rare",
    hosts: ["10.0.5.2"],
    capacity: 50,
    commitSeconds: 5,
    commitAlways: false,
  });
}

function world(
  simulation: Simulation,
  of: {
    rates?: readonly number[];
    capacity?: number;
    commitSeconds?: number;
    commitAlways?: boolean;
    lagAtStart?: number;
  } = {},
): void {
  bystanders(simulation);
  simulation.kafka.topic("orders", of.rates ?? Array.from({ length: 12 }, () => 20));
  simulation.kafka.group({
    name: SUBJECT,
    topic: "orders",
    hosts: HOSTS,
    capacity: of.capacity ?? 100,
    commitSeconds: of.commitSeconds ?? 5,
    ...(of.commitAlways !== undefined && { commitAlways: of.commitAlways }),
    ...(of.lagAtStart !== undefined && { lagAtStart: of.lagAtStart }),
  });
}

const subject = ({ kafka }: Simulation) => {
  const group = kafka.groups.get(SUBJECT);
  if (group === undefined) throw new Error("The scenario has no subject.");
  return group;
};

/** A window of every day, UTC, with five minutes of grace. Virtual time begins at 02:00. */
const nightly = (from: string, to: string): BatchWindow => ({
  weekdays: [],
  from,
  to,
  timezone: "UTC",
  grace_seconds: 300,
});

const orders = ({ kafka }: Simulation) => kafka.partitions("orders");

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "quiet day",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    ends: ["ok"],
  },
  {
    name: "uneven traffic",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      for (const [i, partition] of orders(s).entries()) {
        partition.rate = Math.max(0, 20 + 15 * Math.sin(t / 97 + i) + 10 * Math.sin(t / 11));
      }
    },
    ends: ["ok"],
  },
  {
    name: "burst within the objective",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      for (const partition of orders(s)) partition.rate = t >= EVENT && t < EVENT + 60 ? 160 : 20;
    },
    ends: ["ok"],
  },
  {
    name: "burst beyond the objective",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s, { capacity: 60 }),
    script: (s, t) => {
      for (const partition of orders(s)) partition.rate = t >= EVENT && t < EVENT + 300 ? 160 : 20;
    },
    // Late from 60 s of lag on: 60 / (1 − 60/160) = 96 s after the burst begins.
    expected: [{ from: EVENT + 60, to: EVENT + 390, allowed: ["falling_behind"] }],
    detect: { verdict: "falling_behind", happensAt: EVENT, decidableAt: EVENT + 96 },
    sequence: ["ok", "falling_behind", "catching_up", "ok"],
    ends: ["ok"],
  },
  {
    name: "slow consumer",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).capacity = 15;
    },
    // 5 of 20 messages a second stay: the objective of 60 s is missed after 60 / (5/20) = 240 s; forecast before that.
    expected: [{ from: EVENT + 30, to: 3600, allowed: ["falling_behind"] }],
    detect: { verdict: "falling_behind", happensAt: EVENT, decidableAt: EVENT + 240 },
    ends: ["falling_behind"],
  },
  {
    name: "slow leak under a generous objective",
    seconds: 4500,
    subject: SUBJECT,
    policy: { objective_seconds: 900 },
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).capacity = 15;
    },
    // Late after 900 / (5/20) = 3,600 s; within a quarter of an hour of it 675 s of lag stand, after 2,700 s.
    expected: [{ from: EVENT + 2400, to: 4500, allowed: ["falling_behind"] }],
    detect: { verdict: "falling_behind", happensAt: EVENT, decidableAt: EVENT + 2700 },
    ends: ["falling_behind"],
  },
  {
    name: "consumer dead",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).running = false;
    },
    expected: [{ from: EVENT + 60, to: 2400, allowed: ["stopped", "falling_behind"] }],
    detect: { verdict: "stopped", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    ends: ["stopped"],
  },
  {
    name: "consumer dead and back",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).running = false;
      if (t === EVENT + 600) subject(s).running = true;
    },
    expected: [{ from: EVENT + 60, to: EVENT + 690, allowed: ["stopped", "falling_behind"] }],
    detect: { verdict: "stopped", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    sequence: ["ok", "stopped", "catching_up", "ok"],
    ends: ["ok"],
  },
  {
    name: "crash loop",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t >= EVENT) subject(s).running = (t - EVENT) % 300 >= 280;
    },
    expected: [{ from: EVENT + 60, to: 3600, allowed: ["stopped", "falling_behind"] }],
    detect: { verdict: "stopped", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
  },
  {
    name: "poison message, commits go on",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).poisoned.set(4, "commits");
    },
    expected: [{ from: EVENT + 60, to: 2400, allowed: ["stalled", "hot_partition"] }],
    detect: { verdict: "stalled", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    ends: ["stalled"],
  },
  {
    name: "poison message, no commits",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s, { commitAlways: false }),
    script: (s, t) => {
      if (t === EVENT) subject(s).poisoned.set(4, "silent");
    },
    expected: [{ from: EVENT + 60, to: 2400, allowed: ["stalled", "hot_partition"] }],
    detect: { verdict: "stalled", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    ends: ["stalled"],
  },
  {
    name: "one consumer hangs",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).hung.add("10.0.3.7");
    },
    expected: [
      { from: EVENT + 60, to: 2400, allowed: ["stopped", "stalled", "hot_partition", "falling_behind"] },
    ],
    detect: { verdict: "stopped", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    ends: ["stopped"],
  },
  {
    name: "partition without owner",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).unassigned.add(7);
    },
    expected: [{ from: EVENT + 60, to: 2400, allowed: ["no_owner", "hot_partition"] }],
    detect: { verdict: "no_owner", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    ends: ["no_owner"],
  },
  {
    name: "hot key",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s, { capacity: 60 }),
    script: (s, t) => {
      if (t === EVENT) {
        const hot = orders(s)[2];
        if (hot !== undefined) hot.rate = 120;
      }
    },
    // 60 of 120 messages a second stay: late after 60 / (60/120) = 120 s.
    expected: [{ from: EVENT + 60, to: 3600, allowed: ["hot_partition", "falling_behind"] }],
    detect: { verdict: "hot_partition", happensAt: EVENT, decidableAt: EVENT + 120 },
    ends: ["hot_partition"],
  },
  {
    name: "rebalance storm",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s, { capacity: 60 }),
    script: (s, t) => {
      if (t >= EVENT && t < EVENT + 900 && t % 60 === 0) {
        subject(s).pausedUntil = t + 25;
        subject(s).hosts = (t / 60) % 2 === 0 ? HOSTS : HOSTS.slice(0, 2);
      }
    },
    ends: ["ok"],
  },
  {
    name: "rolling deploy",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      const step = (t - EVENT) / 60;
      if (t < EVENT || step > 5 || !Number.isInteger(step)) return;
      subject(s).pausedUntil = t + 30;
      subject(s).hosts = HOSTS.map((host, index) => (index < step ? `10.0.9.${index}` : host));
    },
    ends: ["ok"],
  },
  {
    name: "blue/green switch",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t !== EVENT) return;
      subject(s).hosts = ["10.0.8.1", "10.0.8.2", "10.0.8.3"];
      subject(s).pausedUntil = t + 50;
    },
    ends: ["ok"],
  },
  {
    name: "canary is slow",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t !== EVENT) return;
      // The new version runs on one of twelve partitions and handles half of its traffic.
      subject(s).hosts = [...Array.from({ length: 11 }, (_, i) => `10.0.3.${i}`), "10.0.7.1"];
      subject(s).capacityOf.set(11, 10);
    },
    // 10 of 20 messages a second stay: late after 60 / (10/20) = 120 s.
    expected: [{ from: EVENT + 60, to: 3600, allowed: ["hot_partition"] }],
    detect: { verdict: "hot_partition", happensAt: EVENT, decidableAt: EVENT + 120 },
    ends: ["hot_partition"],
  },
  {
    name: "nightly batch job",
    seconds: 5400,
    subject: SUBJECT,
    policy: { expected_idle: true },
    build: (s) => world(s, { capacity: 400 }),
    script: (s, t) => {
      subject(s).running = t < 300 || (t > 2700 && t < 3600);
    },
    ends: ["idle"],
  },
  {
    name: "idle topic",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s, { commitAlways: false }),
    script: (s, t) => {
      for (const partition of orders(s)) partition.rate = t < EVENT || t > EVENT + 1800 ? 20 : 0;
    },
    sequence: ["ok", "idle", "ok"],
    ends: ["ok"],
  },
  {
    name: "few messages on a quiet topic",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s, { rates: Array.from({ length: 12 }, () => 0.01), commitAlways: false }),
    ends: ["ok", "idle"],
  },
  {
    name: "offset reset back, consumer works on",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s, { capacity: 60 }),
    script: (s, t) => {
      if (t === EVENT) s.kafka.resetOffsets(subject(s), (partition) => partition.head - 12_000);
    },
    expected: [{ from: EVENT, to: EVENT + 400, allowed: ["rewound"] }],
    detect: { verdict: "rewound", happensAt: EVENT, decidableAt: EVENT + 10 },
    sequence: ["ok", "rewound", "ok"],
    ends: ["ok"],
  },
  {
    name: "offset reset forward while stopped",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).running = false;
      if (t === EVENT + 600) {
        s.kafka.resetOffsets(subject(s), (partition) => partition.head);
        subject(s).running = true;
      }
    },
    expected: [{ from: EVENT + 60, to: EVENT + 690, allowed: ["stopped", "falling_behind"] }],
    detect: { verdict: "stopped", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    sequence: ["ok", "stopped", "ok"],
    ends: ["ok"],
  },
  {
    name: "topic recreated",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t !== EVENT) return;
      for (const partition of orders(s)) partition.recreate();
      const group = subject(s);
      group.position.fill(0);
    },
    ends: ["ok"],
  },
  {
    name: "topic recreated under a dead consumer",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).running = false;
      if (t === EVENT + 300) for (const partition of orders(s)) partition.recreate();
    },
    expected: [{ from: EVENT + 60, to: 3600, allowed: ["stopped", "falling_behind"] }],
    detect: { verdict: "stopped", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    ends: ["stopped"],
  },
  {
    name: "retention overtakes a consumer",
    seconds: 5400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).running = false;
      if (t === EVENT + 2400) {
        // auto.offset.reset = earliest: the oldest message left is 600 s old.
        s.kafka.resetOffsets(subject(s), (partition) => partition.head - 600 * 20);
        subject(s).running = true;
      }
    },
    expected: [{ from: EVENT + 60, to: EVENT + 2490, allowed: ["stopped", "falling_behind"] }],
    detect: { verdict: "stopped", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    sequence: ["ok", "stopped", "catching_up", "ok"],
    ends: ["ok"],
  },
  {
    name: "Burrow restart",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT + 28) s.burrow.restart(4);
      if (t === EVENT + 300) {
        s.burrow.host = "burrow-2";
        s.burrow.restart(45);
      }
    },
    suspect: { from: EVENT, to: EVENT + 480 },
    mustBeSuspect: true,
    ends: ["ok"],
  },
  {
    name: "Burrow restart, stopped group stays stopped",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).running = false;
      if (t === EVENT + 300) s.burrow.restart(45);
    },
    expected: [{ from: EVENT + 60, to: 2400, allowed: ["stopped", "falling_behind"] }],
    detect: { verdict: "stopped", happensAt: EVENT, decidableAt: EVENT + PATIENCE },
    suspect: { from: EVENT + 300, to: EVENT + 480 },
    mustBeSuspect: true,
    ends: ["stopped"],
  },
  {
    name: "Burrow behind",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t >= EVENT && t < EVENT + 400) s.burrow.behindSeconds = t - EVENT;
      if (t === EVENT + 400) s.burrow.behindSeconds = 0;
    },
    suspect: { from: EVENT, to: EVENT + 520 },
    mustBeSuspect: true,
    ends: ["ok"],
  },
  {
    name: "Kafka brokers down",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      s.kafka.down = t >= EVENT && t < EVENT + 300;
    },
    suspect: { from: EVENT + 10, to: EVENT + 420 },
    mustBeSuspect: true,
    ends: ["ok"],
  },
  {
    name: "Burrow cut off from Kafka",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      s.burrow.cut = t >= EVENT && t < EVENT + 300;
    },
    suspect: { from: EVENT + 10, to: EVENT + 420 },
    mustBeSuspect: true,
    ends: ["ok"],
  },
  {
    name: "groups reaper empties the list",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT + 29) s.burrow.reap();
    },
    suspect: { from: EVENT, to: EVENT + 150 },
    ends: ["ok"],
  },
  {
    name: "group deleted",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t !== EVENT) return;
      subject(s).running = false;
      subject(s).deleted = true;
    },
    expected: [{ from: EVENT + 60, to: 2400, allowed: ["vanished"] }],
    detect: { verdict: "vanished", happensAt: EVENT, decidableAt: EVENT + 120 },
    ends: ["vanished"],
  },
  {
    name: "stopped before its window filled",
    seconds: 2400,
    subject: "newcomer",
    build: (s) => {
      world(s);
      s.kafka.topic("news", [20, 20]);
      s.kafka.group({
        name: "newcomer",
        topic: "news",
        hosts: ["10.0.6.1"],
        capacity: 100,
        commitSeconds: 1,
        startsAt: EVENT,
      });
    },
    script: (s, t) => {
      const group = s.kafka.groups.get("newcomer");
      if (t === EVENT + 40 && group !== undefined) group.running = false;
    },
    expected: [{ from: EVENT + 60, to: 2400, allowed: ["stopped", "falling_behind"] }],
    detect: { verdict: "stopped", happensAt: EVENT + 40, decidableAt: EVENT + 40 + PATIENCE },
    ends: ["stopped"],
  },
  {
    name: "Burrow's WARN flaps with fast commits",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s, { commitSeconds: 1 }),
    script: (s, t) => {
      if (t === EVENT) subject(s).capacity = 10;
    },
    expected: [{ from: EVENT + 30, to: 3600, allowed: ["falling_behind"] }],
    detect: { verdict: "falling_behind", happensAt: EVENT, decidableAt: EVENT + 120 },
    ends: ["falling_behind"],
  },
  {
    name: "REWIND fades while still behind",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s, { capacity: 30, commitSeconds: 1 }),
    script: (s, t) => {
      if (t === EVENT) s.kafka.resetOffsets(subject(s), (partition) => partition.head - 8000);
    },
    expected: [{ from: EVENT, to: EVENT + 900, allowed: ["rewound"] }],
    detect: { verdict: "rewound", happensAt: EVENT, decidableAt: EVENT + 10 },
    sequence: ["ok", "rewound", "ok"],
    ends: ["ok"],
  },
  {
    name: "owners erased",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).ownersHidden = true;
    },
    ends: ["ok"],
  },
  {
    name: "clock of Burrow's host steps",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) s.burrow.clockOffsetMs = 3_600_000;
      if (t === EVENT + 600) s.burrow.clockOffsetMs = -120_000;
    },
    ends: ["ok"],
  },
  {
    name: "nightly batch, noon",
    seconds: 7200,
    subject: SUBJECT,
    policy: { batch_windows: [nightly("01:00", "02:20")] },
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).running = false;
    },
    ends: ["idle"],
  },
  {
    name: "nightly batch, done before its window ends",
    seconds: 7200,
    subject: SUBJECT,
    policy: { batch_windows: [nightly("02:00", "04:00")] },
    build: (s) => world(s, { lagAtStart: 10_000 }),
    script: (s, t) => {
      if (t === 2 * EVENT) subject(s).running = false;
    },
    ends: ["idle"],
  },
  {
    name: "nightly batch, works outside its window",
    seconds: 7200,
    subject: SUBJECT,
    policy: { batch_windows: [nightly("20:00", "21:00")] },
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).capacity = 10;
    },
    ends: ["ok"],
  },
  {
    name: "nightly batch does not begin",
    seconds: 3600 + 5400,
    subject: SUBJECT,
    policy: { batch_windows: [nightly("03:00", "04:00")] },
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).running = false;
    },
    // From 03:05 on it should have begun. That its window has ended at 04:05 heals nothing.
    expected: [{ from: 3900, to: 9000, allowed: ["stopped"] }],
    detect: { verdict: "stopped", happensAt: 3900, decidableAt: 3900 },
    sequence: ["ok", "idle", "stopped"],
    ends: ["stopped"],
  },
  {
    name: "nightly batch fails, the next run succeeds",
    seconds: 6600,
    subject: SUBJECT,
    policy: { batch_windows: [nightly("02:30", "03:00"), nightly("03:15", "03:45")] },
    build: (s) => world(s, { capacity: 600 }),
    script: (s, t) => {
      subject(s).running = t < EVENT || t >= 4800;
    },
    // Not begun by 02:35; the run of 03:20 handles what waited.
    expected: [{ from: 2100, to: 4800 + 90, allowed: ["stopped"] }],
    detect: { verdict: "stopped", happensAt: 2100, decidableAt: 2100 },
    sequence: ["ok", "idle", "stopped", "ok"],
    ends: ["ok"],
  },
  {
    name: "nightly batch begins, then dies",
    seconds: 7200,
    subject: SUBJECT,
    policy: { batch_windows: [nightly("02:20", "04:00")] },
    build: (s) => world(s, { capacity: 25, lagAtStart: 20_000 }),
    script: (s, t) => {
      subject(s).running = t >= 1200 && t < 2400;
    },
    expected: [{ from: 2400, to: 7200, allowed: ["stopped", "falling_behind"] }],
    detect: { verdict: "stopped", happensAt: 2400, decidableAt: 2400 + PATIENCE },
    ends: ["stopped"],
  },
  {
    name: "slow committer",
    seconds: 7200,
    subject: SUBJECT,
    policy: { objective_seconds: 900 },
    build: (s) => world(s, { commitSeconds: 300 }),
    collectorFrom: 3600,
    ends: ["ok"],
  },
  {
    name: "collector misses ticks",
    seconds: 3600,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      s.collectorDown = (t >= EVENT && t < EVENT + 400) || (t > 1500 && t % 150 < 100);
      if (t === EVENT + 400) s.collectorRestart = "with_history";
    },
    ends: ["ok"],
  },
  {
    name: "collector loses its history",
    seconds: 4800,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === EVENT) subject(s).capacity = 10;
      if (t === 2400 || t === 4200) s.collectorRestart = "without_history";
    },
    expected: [{ from: EVENT + 30, to: 4800, allowed: ["falling_behind"] }],
    detect: { verdict: "falling_behind", happensAt: EVENT, decidableAt: EVENT + 120 },
    ends: ["falling_behind"],
  },
  {
    name: "collector starts into a stopped group",
    seconds: 2400,
    subject: SUBJECT,
    build: (s) => world(s),
    script: (s, t) => {
      if (t === 600) subject(s).running = false;
    },
    collectorFrom: 1500,
    expected: [{ from: 1500, to: 2400, allowed: ["stopped"] }],
    detect: { verdict: "stopped", happensAt: 600, decidableAt: 1500 },
    ends: ["stopped"],
  },
];
