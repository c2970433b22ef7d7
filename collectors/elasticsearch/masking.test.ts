import { describe, expect, test } from "vitest";
import { withoutCredentials } from "./masking.ts";

const pair = Buffer.from('u:pass"word').toString("base64");
const fingerprint = "";

describe("a refusal that repeats what it was sent", () => {
  test.each([
    [{ apiKey: "key-1" }, "no ApiKey key-1"],
    [{ bearer: "token-1" }, "Bearer token-1 is over"],
    [{ username: "u", password: 'pass"word' }, `Basic ${pair}`],
    [{ username: "u", password: 'pass"word' }, 'u has not pass"word'],
  ])("is shown without the credential", (auth, reason) => {
    const shown = JSON.stringify(withoutCredentials({ error: { reason } }, { auth, fingerprint }));
    expect(shown).toContain("[not shown]");
    expect(shown).not.toMatch(/key-1|token-1|pass\\"word/);
    expect(shown).not.toContain(pair);
  });

  test("stays as it is where it repeats nothing, also when it is no object", () => {
    const body = { error: { reason: "index is closed" } };
    expect(withoutCredentials(body, { auth: { apiKey: "key-1" }, fingerprint })).toBe(body);
    expect(withoutCredentials("<html>", { auth: { apiKey: "key-1" }, fingerprint })).toBe("<html>");
    expect(withoutCredentials(undefined, { fingerprint })).toBeUndefined();
  });
});
