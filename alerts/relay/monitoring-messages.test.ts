import { expect, test } from "vitest";
import { blindMessage, reloadMessage, sightMessage } from "./monitoring-messages.ts";
import type { KnownAlert } from "./monitoring-messages.ts";

const AT = Date.UTC(2026, 0, 1, 2, 14);
const alert = (group: string): KnownAlert => ({
  cluster: "orders",
  group,
  state: "stopped",
  late: "15m 59s, objective 2m 0s",
  sinceMs: AT,
});

test("a hostile group name can neither mention, nor link, nor leave its line", () => {
  const { text } = blindMessage({
    clusters: ["orders"],
    reason: "No answer <x>.",
    sinceMs: AT,
    alerts: [alert("<!channel> `x`\n*over* <http://evil|OK>"), alert("g".repeat(4000))],
  });
  expect(text).not.toMatch(/[<>]/);
  expect(text.split("\n")).toHaveLength(4);
  expect(text).toContain("`&lt;!channel&gt; 'x' *over* &lt;http://evil|OK&gt;`");
  expect(text.length).toBeLessThan(600);
});

test("a blind message of 5,000 groups stays below Slack's 3,000 characters of a section", () => {
  const alerts = Array.from({ length: 5000 }, (_, index) => alert(`group-${index}`));
  const { text } = blindMessage({ clusters: ["orders"], reason: "Away.", sinceMs: AT, alerts });
  expect(text).toContain("… and 4980 more.");
  expect(text.length).toBeLessThan(3000);
  const long = Array.from({ length: 20 }, () => alert("&".repeat(4000)));
  const cut = blindMessage({ clusters: ["orders"], reason: "Away.", sinceMs: AT, alerts: long }).text;
  expect(cut.length).toBeLessThan(3000);
  expect(cut).toMatch(/… and \d+ more\.$/);
});

test("the blind message names the reason and the last known state, and is no all-clear", () => {
  expect(
    blindMessage({
      clusters: ["orders"],
      reason: "Elasticsearch cannot be reached.",
      sinceMs: AT,
      alerts: [alert("payments-writer")],
    }),
  ).toEqual({
    title: "Lag monitoring is blind: orders",
    text: [
      "Elasticsearch cannot be reached. Since 02:14 UTC nobody watches lag here; an alert that Grafana now calls resolved is not over.",
      "Last known state:",
      "• `payments-writer` (`orders`): stopped, late 15m 59s, objective 2m 0s, since 02:14",
    ].join("\n"),
  });
});

test("when sight returns each group is told about, also the one that is gone", () => {
  const group = (name: string) => ({ cluster: "orders", group: name });
  expect(
    sightMessage({
      clusters: ["orders"],
      blindMs: 310_500,
      outcomes: [
        { ...group("a"), kind: "still_true", state: "stopped" },
        { ...group("b"), kind: "recovered", state: "catching up" },
        { ...group("c"), kind: "gone" },
      ],
    }),
  ).toEqual({
    title: "Lag monitoring sees again: orders",
    text: [
      "Blind for 5m 10s.",
      "• `a` (`orders`): still stopped",
      "• `b` (`orders`): recovered meanwhile, now catching up",
      "• `c` (`orders`): no longer reported: deleted or filtered out, not a recovery",
    ].join("\n"),
  });
});

test("what Grafana ended is no recovery, and the message says what to do: nothing", () => {
  const open = [{ cluster: "orders", group: "<!here>", kind: "still_true" as const, state: "stopped" }];
  expect(reloadMessage({ ended: 1, open })).toEqual({
    title: "Grafana ended an alert that the data still shows",
    text: [
      "Its rules were probably loaded anew (deployment, provisioning), which ends every alert. Nothing has recovered, and nothing is to be done: Grafana fires again what lasts, without another message here.",
      "Still open:",
      "• `&lt;!here&gt;` (`orders`): still stopped",
    ].join("\n"),
  });
  const many = Array.from({ length: 5000 }, () => open).flat();
  expect(reloadMessage({ ended: 5000, open: many }).text.length).toBeLessThan(3000);
});
