import { describe, expect, test } from "vitest";
import { readFailure } from "./answers.ts";
import { explainDenial, isKeyLookupFailure } from "./denial.ts";

/** As 8.19.8 and 9.2.0 say it. */
const BULK =
  "action [indices:data/write/bulk] is unauthorized for user [lagline-reader] with effective roles [lagline_reader], this action is granted by the index privileges [create_doc,create,delete,index,write,all]";

describe("what is no denial is left as it is", () => {
  test.each([
    "",
    "failed to find geoip",
    "unable to authenticate user [lagline-collector] for REST request [/_bulk]",
    "action [indices:data/write/bulk] is unauthorized for user [x]",
    "index [logs] blocked by: [FORBIDDEN/8/index write (api)];",
  ])("%j", (reason) => {
    expect(explainDenial(reason, "collector")).toBeNull();
  });
});

describe("a denial names who lacks what", () => {
  test("for a whole request", () => {
    expect(explainDenial(BULK, "collector")).toBe(
      "user lagline-reader (roles lagline_reader) lacks the index privilege create_doc. The collector needs auto_configure, create_doc (docs/security.md).",
    );
  });

  test("for one index, and for the right to create it", () => {
    const reason =
      "action [indices:admin/auto_create] is unauthorized for user [writer] with effective roles [a,b] on indices [lag-2026.11.21], this action is granted by the index privileges [auto_configure,create_index,manage,all]";
    expect(explainDenial(reason, "collector")).toContain(
      "user writer (roles a,b) lacks the index privilege auto_configure on lag-2026.11.21.",
    );
  });

  test("for an API key, and for a user without roles", () => {
    const key = BULK.replace(
      "user [lagline-reader] with effective roles [lagline_reader]",
      "API key id [Ab-9] of user [me]",
    );
    expect(explainDenial(key, "collector")).toMatch(/^API key Ab-9 lacks the index privilege create_doc\./);
    expect(explainDenial(BULK.replace("[lagline_reader]", "[]"), "collector")).toContain("(no roles)");
  });

  test("for the cluster, with the privilege of the role that asks", () => {
    const reason =
      "action [cluster:admin/component_template/get] is unauthorized for user [r] with effective roles [x], this action is granted by the cluster privileges [read_pipeline,manage_index_templates,manage,all]";
    expect(explainDenial(reason, "setup")).toContain("lacks the cluster privilege manage_index_templates.");
  });

  test("that no role of ours has: the narrowest that would do", () => {
    const reason =
      "action [indices:data/write/delete] is unauthorized for user [r] with effective roles [x], this action is granted by the index privileges [delete,write,all]";
    expect(explainDenial(reason, "collector")).toContain("lacks the index privilege delete.");
  });
});

test("a key that cannot be looked up yet is no reason for a new one", () => {
  const reason = "nobody (API key: apikey authentication for id Ab-9 encountered a failure)";
  expect(isKeyLookupFailure(reason)).toBe(true);
  expect(explainDenial(reason, "collector")).toMatch(/^the API key Ab-9 cannot be looked up, because/);
  expect(explainDenial(reason, "collector")).not.toContain("rotate");
});

describe("an API key that is not let in", () => {
  const NOBODY =
    "unable to authenticate with provided credentials and anonymous access is not allowed for this request";

  test.each([
    ["API key: api key is expired", "the API key has expired"],
    ["API key: api key [Ab-9] has been invalidated", "the API key Ab-9 was revoked"],
    ["API key: unable to find apikey with id Ab-9", "there is no API key Ab-9;"],
    ["API key: invalid credentials for API key [Ab-9]", "the secret of the API key Ab-9 is wrong"],
  ])("%s", (tried, said) => {
    const error = { type: "security_exception", reason: NOBODY, additional_unsuccessful_credentials: tried };
    const { reason } = readFailure({ error, status: 401 });
    const sentence = explainDenial(reason, "collector");
    expect(sentence).toContain(said);
    expect(sentence).toContain("`lagline keys rotate`");
  });
});
