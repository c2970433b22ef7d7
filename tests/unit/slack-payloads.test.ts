/** What reaches Slack: its limits, and names that try to mention people or to forge links. */
import { describe, expect, test } from "vitest";
import { NOTIFICATIONS, alert, notification } from "../support/message-cases.ts";
import { messageRenderer } from "../../alerts/evaluation/render-message.ts";

describe("what reaches Slack", () => {
  const render = messageRenderer("https://grafana.example.org");
  const messages = NOTIFICATIONS.map(render);

  test("fits: a title of one line, a text that is not folded away for one alert, and is taken for many", () => {
    for (const [index, { title, text }] of messages.entries()) {
      const count = (NOTIFICATIONS[index]?.firing.length ?? 0) + (NOTIFICATIONS[index]?.resolved.length ?? 0);
      // Grafana cuts at 1,024; a phone shows about 120 before it breaks the line for the third time.
      expect(title.length).toBeLessThan(300);
      expect(title).not.toMatch(/[\n\r]/);
      // Links are long and not shown; Slack takes 40,000 with them and folds what is seen beyond about 3,000.
      expect(text.length).toBeLessThan(40_000);
      expect(text.replaceAll(/<[^|>]*\|/g, "<").length).toBeLessThan(count > 1 ? 8000 : 3000);
    }
  });

  test("mentions nobody and links nowhere but to Grafana and the runbooks, whatever names hold", () => {
    for (const { title, text } of messages) {
      expect(title).not.toMatch(/[<>]/);
      const links = [...text.matchAll(/<([^<>]*)>/g)].map((match) => match[1] ?? "");
      expect(
        links.filter((link) => !/^https:\/\/(grafana|wiki)\.example\.org\/[^|\s]*\|[\w' ]+$/.test(link)),
      ).toEqual([]);
      expect(text.replaceAll(/<[^<>]*>/g, "")).not.toMatch(/[<>]/);
    }
  });

  test("names a group that is longer than a title by its beginning, and links to the whole name", () => {
    const { title, text } = render(notification([alert("x".repeat(300))]));
    expect(title).toContain(`${"x".repeat(100)}… (`);
    expect(text).toContain(`var-group=${"x".repeat(300)}`);
  });
});
