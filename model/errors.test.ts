import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { LaglineError, describeError } from "./errors.ts";

test("what is told of a wait that was stopped is why, not that it was", async () => {
  const controller = new AbortController();
  const waiting = pause(60_000, undefined, { signal: controller.signal }).catch((error: unknown) => error);
  controller.abort(
    new LaglineError({
      code: "LAGLINE_INTERRUPTED",
      message: "Interrupted by SIGINT.",
      hint: "Run it again.",
    }),
  );
  expect(describeError(await waiting)).toBe("Interrupted by SIGINT. Run it again.");
});

test("any other error is told in its own words", () => {
  expect(
    describeError(new Error("no", { cause: new LaglineError({ code: "LAGLINE_X", message: "x" }) })),
  ).toBe("no");
  expect(describeError("text")).toBe("text");
});
