import { expect, test } from "vitest";
import { errorsIn, errorsReference } from "./errors.ts";

test("an error is found with its message and hint, and what differs is left out", () => {
  const source =
    'throw new LaglineError({\n  code: "LAGLINE_X_Y",\n  message: `No ${name ?? `${other}`} in ${list.map((a) => ({ a })).join()}.`,\n  hint: "Give \\"one\\".",\n});';
  expect(errorsIn(source)).toEqual([{ code: "LAGLINE_X_Y", message: "No … in ….", hint: 'Give "one".' }]);
});

test("a code without a message, such as in a comparison, is no error of its own", () => {
  expect(errorsIn('if (error.code === "LAGLINE_X_Y") return;')).toEqual([]);
});

test("the reference has the codes of the sources, each once", () => {
  const codes = [...errorsReference().matchAll(/^\| `(LAGLINE_[A-Z0-9_]+)`/gm)].map(([, code]) => code);
  expect(codes).toContain("LAGLINE_SPOOL_LOCKED");
  expect(codes).toContain("LAGLINE_CONFIG_INVALID");
  expect(new Set(codes).size).toBe(codes.length);
});
