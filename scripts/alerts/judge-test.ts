/** Compares what was played with what a test expects, and says every difference in a sentence. Pure. */
import type { Firing, PlayedTest } from "./play-test.ts";
import type { AlertTest, ExpectedAlert } from "./test-schema.ts";
import { RECEIVERS, channelReceivers } from "../../alerts/names.ts";
import type { Notification } from "../../alerts/evaluation/play-notifications.ts";
import type { Message } from "../../alerts/evaluation/render-message.ts";

export type Judging = {
  readonly test: AlertTest;
  readonly played: PlayedTest;
  readonly startMs: number;
  readonly cluster: string;
  readonly render: (notification: Notification) => Message;
};

/** Empty when the test passes. */
export function judgeTest(judging: Judging): readonly string[] {
  const { test, played } = judging;
  const left = new Set(played.firings);
  const problems: string[] = [];
  for (const expected of test.expect) {
    const own = [...left].filter((firing) => isOf(firing, expected, judging.cluster));
    const firing =
      own.find((candidate) =>
        within(secondOf(candidate.firesAtMs, judging), expected.fires_between_seconds),
      ) ?? own[0];
    if (firing === undefined) {
      problems.push(
        `${nameOf(expected, judging.cluster)} does not fire${played.firings.length === 0 ? "; nothing does" : ""}.`,
      );
      continue;
    }
    left.delete(firing);
    problems.push(...judgeFiring(expected, firing, judging));
  }
  for (const firing of left) {
    problems.push(
      `${describe(firing)} fires at ${secondOf(firing.firesAtMs, judging)} s and is not expected.`,
    );
  }
  const news = played.notifications.filter(({ isRepeat }) => !isRepeat);
  if (test.messages !== undefined && news.length !== test.messages) {
    const titles = news.map((notification) => `"${judging.render(notification).title}"`);
    problems.push(`${news.length} messages instead of ${test.messages}: ${titles.join(", ") || "none"}.`);
  }
  return problems;
}

function judgeFiring(expected: ExpectedAlert, firing: Firing, judging: Judging): readonly string[] {
  const name = describe(firing);
  const problems: string[] = [];
  const at = secondOf(firing.firesAtMs, judging);
  if (!within(at, expected.fires_between_seconds)) {
    problems.push(`${name} fires at ${at} s, not between ${expected.fires_between_seconds.join(" and ")} s.`);
  }
  const { severity } = firing.labels;
  if (expected.severity !== undefined && severity !== expected.severity) {
    problems.push(`${name} is ${severity}, not ${expected.severity}.`);
  }
  return [
    ...problems,
    ...judgeEnd(expected, firing, judging),
    ...judgeRoute(expected, firing, judging),
    ...judgeTexts(expected, firing, judging),
  ];
}

function judgeEnd(expected: ExpectedAlert, firing: Firing, judging: Judging): readonly string[] {
  const span = expected.ends_between_seconds;
  if (span === undefined) return [];
  const name = describe(firing);
  if (firing.endsAtMs === null)
    return [`${name} is not over, which it should be between ${span.join(" and ")} s.`];
  const at = secondOf(firing.endsAtMs, judging);
  const how = endingOf(firing);
  return [
    ...(within(at, span) ? [] : [`${name} is over at ${at} s, not between ${span.join(" and ")} s.`]),
    ...(expected.ends === undefined || how === expected.ends
      ? []
      : [`${name} ends as ${how}, not as ${expected.ends}.`]),
  ];
}

function endingOf({ last }: Firing): NonNullable<ExpectedAlert["ends"]> {
  if (last.isMissing) return "unconfirmed";
  if ((last.annotations["silenced"] ?? "") !== "") return "silenced";
  return (last.annotations["became"] ?? "") === "" ? "over" : "changed";
}

function judgeRoute(expected: ExpectedAlert, firing: Firing, judging: Judging): readonly string[] {
  const { channel, pages } = expected;
  if (channel === undefined && pages === undefined) return [];
  const receiver = firstAbout(firing, judging, "firing")?.receiver;
  const name = describe(firing);
  if (receiver === undefined) return [`${name} is not sent to anybody.`];
  const own = channel === undefined || channel === "common" ? RECEIVERS : channelReceivers(channel);
  const isPage = receiver.startsWith(RECEIVERS.page);
  const wrongChannel = channel !== undefined && !Object.values(own).includes(receiver);
  return [
    ...(wrongChannel ? [`${name} goes to ${receiver}, not to the channel ${channel}.`] : []),
    ...(pages !== undefined && pages !== isPage
      ? [`${name} goes to ${receiver}, which ${isPage ? "pages" : "does not page"}.`]
      : []),
  ];
}

function judgeTexts(expected: ExpectedAlert, firing: Firing, judging: Judging): readonly string[] {
  const first = textOf(firstAbout(firing, judging, "firing"), judging);
  const end = textOf(firstAbout(firing, judging, "resolved"), judging);
  const name = describe(firing);
  return [
    ...expected.message
      .filter((text) => !first.includes(text))
      .map((text) => `The message of ${name} lacks ${JSON.stringify(text)}: ${JSON.stringify(first)}.`),
    ...expected.message_lacks
      .filter((text) => first.includes(text))
      .map((text) => `The message of ${name} holds ${JSON.stringify(text)}: ${JSON.stringify(first)}.`),
    ...expected.ending_message
      .filter((text) => !end.includes(text))
      .map(
        (text) =>
          `The message about the end of ${name} lacks ${JSON.stringify(text)}: ${JSON.stringify(end)}.`,
      ),
  ];
}

function firstAbout(
  firing: Firing,
  { played }: Judging,
  kind: "firing" | "resolved",
): Notification | undefined {
  const from = kind === "firing" ? firing.firesAtMs : (firing.endsAtMs ?? Number.POSITIVE_INFINITY);
  return played.notifications.find(
    (notification) =>
      notification.atMs >= from &&
      notification[kind].some(
        ({ rule, labels }) => rule === firing.rule && labels["group"] === firing.labels["group"],
      ),
  );
}

function textOf(notification: Notification | undefined, { render }: Judging): string {
  if (notification === undefined) return "";
  const { title, text } = render(notification);
  return `${title}\n${text}`;
}

/** A heartbeat's rule carries the name of its cluster. */
function isOf({ rule, labels }: Firing, expected: ExpectedAlert, cluster: string): boolean {
  const wanted = expected.cluster ?? cluster;
  return (
    (rule === expected.alert || rule === `${expected.alert} ${wanted}`) &&
    labels["cluster"] === wanted &&
    (expected.group === undefined || labels["group"] === expected.group) &&
    (expected.collector === undefined || labels["collector"] === expected.collector)
  );
}

function nameOf({ alert, group, collector, cluster: own }: ExpectedAlert, cluster: string): string {
  const who = group ?? collector;
  return `${alert}${who === undefined ? "" : ` of ${who}`} on ${own ?? cluster}`;
}

function describe({ rule, labels }: Firing): string {
  const who = labels["group"] ?? labels["collector"];
  return `${rule}${who === undefined ? "" : ` of ${who}`} on ${labels["cluster"]}`;
}

function secondOf(atMs: number, { startMs }: Judging): number {
  return Math.round((atMs - startMs) / 1000);
}

function within(value: number, [from, to]: readonly [number, number]): boolean {
  return value >= from && value <= to;
}
