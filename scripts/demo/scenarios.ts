/**
 * What the demo plays, as data. Rates are small on purpose: all scenarios together write about 170 messages per second.
 *
 * `expected` is what Lagline should say once a phase has settled; the integration test compares each group's verdict
 * with it. Where a phase allows several verdicts, the first is the one the scenario is about. The expectations hold for
 * an objective of 60 s and a lag floor of 50, as in the demo's lagline.yaml: late is what is over the objective. They
 * hold for the first start on a Kafka: a demo that was restarted first works off the lag it left behind.
 */
import type { Phase, Scenario } from "./types.ts";

/** Time a new group needs until its rates and Burrow's window mean something; `ok` shows after 20 s, measured. */
const WARM_UP_SECONDS = 60;
/** Stopped, stalled and hung show 70 s after they happen, measured with the demo's lagline.yaml; with room to spare. */
const STOP_SECONDS = 100;
/** Lag that grows by 12 per second is over the objective after 100 s. */
const LATE_SECONDS = 150;
const HOUR = 3600;

function keepsUp(phase: Pick<Phase, "seconds" | "members" | "capacity">): Phase {
  return { ...phase, says: "keeps up", expected: ["ok"], settleSeconds: WARM_UP_SECONDS };
}

export const SCENARIOS: readonly Scenario[] = [
  {
    group: "orders-healthy",
    topic: "demo-orders",
    partitions: 6,
    shows: "Three consumers keep up with 30 messages per second; lag stays within one commit interval.",
    production: { ratePerSecond: 30 },
    phases: [keepsUp({ seconds: Infinity, members: 3, capacity: 60 })],
  },
  {
    group: "billing-falling-behind",
    topic: "demo-invoices",
    partitions: 4,
    shows:
      "Its consumers handle 8 of 20 messages per second: lag grows by 12 per second on all partitions alike.",
    production: { ratePerSecond: 20 },
    phases: [
      {
        seconds: HOUR,
        members: 2,
        capacity: 2,
        says: "handles 8 of the 20 messages that arrive each second",
        expected: ["falling_behind"],
        settleSeconds: LATE_SECONDS,
      },
      {
        seconds: 600,
        members: 4,
        capacity: 30,
        says: "was scaled up to four faster consumers and catches up",
        expected: ["catching_up", "ok"],
        settleSeconds: STOP_SECONDS,
      },
    ],
    repeatFrom: 0,
  },
  {
    group: "payments-stopped",
    topic: "demo-payments",
    partitions: 3,
    shows: "Worked for two minutes, then all its consumers went away while messages keep coming.",
    production: { ratePerSecond: 9 },
    phases: [
      keepsUp({ seconds: 120, members: 2, capacity: 20 }),
      {
        seconds: Infinity,
        members: 0,
        capacity: 0,
        says: "lost all its consumers; messages keep coming",
        expected: ["stopped"],
        settleSeconds: STOP_SECONDS,
      },
    ],
  },
  {
    group: "exports-hung",
    topic: "demo-exports",
    partitions: 3,
    shows: "Its consumer is still a member of the group, but it no longer reads or commits.",
    production: { ratePerSecond: 6 },
    phases: [
      keepsUp({ seconds: 120, members: 1, capacity: 20 }),
      {
        seconds: Infinity,
        members: 1,
        capacity: 0,
        hung: true,
        says: "hangs: still a member of the group, no commits",
        expected: ["stopped"],
        settleSeconds: STOP_SECONDS,
      },
    ],
  },
  {
    group: "shipping-stuck-partition",
    topic: "demo-shipments",
    partitions: 4,
    shows: "One message on partition 2 can never be handled: the same offset is committed again and again.",
    production: { ratePerSecond: 12 },
    phases: [
      keepsUp({ seconds: 60, members: 2, capacity: 20 }),
      {
        seconds: HOUR,
        members: 2,
        capacity: 20,
        stuckPartition: 2,
        says: "has met a message on partition 2 that it cannot handle and retries it for ever",
        expected: ["stalled"],
        settleSeconds: STOP_SECONDS,
      },
      {
        seconds: 600,
        members: 2,
        capacity: 25,
        says: "had the broken message removed and catches up on partition 2",
        expected: ["catching_up", "hot_partition", "ok"],
        settleSeconds: STOP_SECONDS,
      },
    ],
    repeatFrom: 1,
  },
  {
    group: "search-catching-up",
    topic: "demo-search-updates",
    partitions: 4,
    shows: "After a pause of 150 s it works a little faster than messages arrive: lag shrinks, an ETA shows.",
    production: { ratePerSecond: 20 },
    phases: [
      keepsUp({ seconds: 45, members: 2, capacity: 20 }),
      {
        seconds: 150,
        members: 0,
        capacity: 0,
        says: "is down for a deployment",
        expected: ["stopped", "falling_behind"],
        settleSeconds: STOP_SECONDS,
      },
      {
        seconds: 285,
        members: 2,
        capacity: 6.5,
        says: "is back and catches up, 26 for every 20 messages that arrive",
        expected: ["catching_up"],
        settleSeconds: 120,
      },
      {
        seconds: 105,
        members: 2,
        capacity: 20,
        says: "is done catching up",
        expected: ["ok", "catching_up"],
        settleSeconds: 60,
      },
    ],
    repeatFrom: 1,
  },
  {
    group: "ledger-rewound",
    topic: "demo-ledger",
    partitions: 3,
    shows: "Every eight minutes it is set back by up to 1200 messages per partition, which it reads again.",
    production: { ratePerSecond: 15 },
    phases: [
      keepsUp({ seconds: 165, members: 1, capacity: 20 }),
      {
        seconds: 330,
        members: 1,
        capacity: 6,
        rewindMessages: 1200,
        says: "was set back by up to 1200 messages per partition and reads them again",
        expected: ["rewound", "catching_up"],
        settleSeconds: 60,
      },
      {
        seconds: 150,
        members: 1,
        capacity: 20,
        says: "is done reading again",
        expected: ["ok", "catching_up", "rewound"],
        settleSeconds: 60,
      },
    ],
    repeatFrom: 1,
  },
  {
    group: "clicks-hot-partition",
    topic: "demo-clicks",
    partitions: 6,
    shows:
      "Partition 3 receives two thirds of all messages, more than its consumer can handle; the others are fine.",
    production: { ratePerSecond: 30, weights: [1, 1, 1, 10, 1, 1] },
    phases: [
      {
        seconds: HOUR,
        members: 3,
        capacity: 8,
        says: "handles 8 of the 20 messages that partition 3 receives each second",
        expected: ["hot_partition"],
        settleSeconds: LATE_SECONDS,
      },
      {
        seconds: 600,
        members: 3,
        capacity: 110,
        says: "got a faster consumer and catches up on partition 3",
        expected: ["catching_up", "hot_partition", "ok"],
        settleSeconds: STOP_SECONDS,
      },
    ],
    repeatFrom: 0,
  },
  {
    group: "archive-idle",
    topic: "demo-archive",
    partitions: 2,
    shows: "Read everything there was; nothing has been produced since.",
    production: { ratePerSecond: 0, firstBurst: 25 },
    phases: [
      {
        ...keepsUp({ seconds: Infinity, members: 1, capacity: 20 }),
        says: "has read all there is and waits",
        expected: ["idle", "ok"],
      },
    ],
  },
  {
    group: "mails-rebalancing",
    topic: "demo-mails",
    partitions: 6,
    shows: "Consumers come and go every half minute: owners change, nothing is wrong.",
    production: { ratePerSecond: 15 },
    phases: [
      {
        seconds: 30,
        members: { from: 2, to: 5 },
        capacity: 40,
        says: "changed its number of consumers",
        expected: ["ok", "catching_up"],
        settleSeconds: WARM_UP_SECONDS,
      },
    ],
    repeatFrom: 0,
  },
  {
    group: "reports-too-many-consumers",
    topic: "demo-reports",
    partitions: 3,
    shows: "Six consumers for three partitions: three of them have nothing to do, and no lag shows it.",
    production: { ratePerSecond: 9 },
    phases: [
      {
        seconds: Infinity,
        members: 6,
        capacity: 20,
        says: "keeps up; three of its six consumers own no partition",
        expected: ["ok"],
        settleSeconds: WARM_UP_SECONDS,
      },
    ],
  },
];
