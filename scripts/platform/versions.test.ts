import { expect, it } from "vitest";
import { compareVersions } from "./versions.ts";

it("compares numbers, not text", () => {
  expect(compareVersions("1.10.0", "1.9.9")).toBeGreaterThan(0);
  expect(compareVersions("1.26", "1.26.0")).toBe(0);
  expect(compareVersions("1.2.0", "1.11.4")).toBeLessThan(0);
});

it("sorts a prerelease before its release", () => {
  expect(compareVersions("1.26rc1", "1.26")).toBeLessThan(0);
  expect(compareVersions("4.6.1", "4.6.1-dev")).toBeGreaterThan(0);
});
