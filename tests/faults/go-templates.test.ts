/**
 * Annotations and messages with Go's own text/template: what the renderer of `lagline alerts test` says is what Grafana says.
 * Here and not among the unit tests, because the first build of Go's library takes a minute.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildGoRenderer, hasGo } from "../support/go-templates.ts";
import type { GoRenderer } from "../support/go-templates.ts";
import { annotationCases, messageCases } from "../support/message-cases.ts";

const withGo = await hasGo();
if (!withGo) {
  process.stderr.write(
    "SKIPPED: Go is not installed, so templates are not compared with Go's own text/template.\n",
  );
}

describe.skipIf(!withGo)("with Go's own text/template", () => {
  let go: GoRenderer;
  beforeAll(async () => {
    go = await buildGoRenderer();
  }, 180_000);
  afterAll(() => {
    go.close();
  });

  test("a template that Go refuses is refused", async () => {
    const [unknown, unclosed] = await go.render([
      { Kind: "message", Text: "{{ humanizeDuration 5 }}", Data: {} },
      { Kind: "message", Text: "{{ if .X }}", Data: {} },
    ]);
    expect([unknown?.error, unclosed?.error]).toEqual([
      expect.stringContaining('function "humanizeDuration" not defined'),
      expect.stringContaining("unexpected EOF"),
    ]);
  });

  test.each([
    ["annotations and labels of every rule", annotationCases],
    ["messages", messageCases],
  ])("%s are the same to the letter", async (_, cases) => {
    expect(cases.length).toBeGreaterThan(100);
    const found = await go.render(cases.map(({ job }) => job));
    expect(found.filter(({ error }) => error !== "")).toEqual([]);
    const different = cases.flatMap(({ own }, index) => {
      const [ours, theirs] = [own(), found[index]?.text ?? ""];
      return ours === theirs ? [] : [firstDifference(ours, theirs)];
    });
    expect(different.slice(0, 3)).toEqual([]);
  });
});

function firstDifference(own: string, go: string): { readonly own: string; readonly go: string } {
  let at = 0;
  while (own.charAt(at) === go.charAt(at) && at < own.length) at++;
  const part = (text: string): string => text.slice(Math.max(0, at - 20), at + 60);
  return { own: part(own), go: part(go) };
}
