import { describe, expect, it } from "vitest";
import type { ListedNames } from "./lists.ts";
import { createNewGroups } from "./new-groups.ts";

const list = (...names: string[]): ListedNames => ({
  names,
  unreachable: new Map(),
  isRead: true,
  complete: true,
  problems: [],
});
const FAILED: ListedNames = { ...list(), isRead: false, complete: false };

describe("a group that Burrow lists", () => {
  it("is asked for at once when it was there before the collector", () => {
    expect(createNewGroups(10).settled(list("a", "b")).names).toEqual(["a", "b"]);
  });

  it("is asked for from its second listing on when it came later", () => {
    const groups = createNewGroups(10);
    groups.settled(list("a"));
    expect(groups.settled(list("a", "b")).names).toEqual(["a"]);
    expect(groups.settled(list("a", "b")).names).toEqual(["a", "b"]);
  });

  it("is asked for at once when it comes back, as after a restart of Burrow", () => {
    const groups = createNewGroups(10);
    groups.settled(list("a", "b"));
    groups.settled(list());
    expect(groups.settled(list("b", "a")).names).toEqual(["b", "a"]);
  });

  it("is new again when it went before its second listing", () => {
    const groups = createNewGroups(10);
    groups.settled(list("a"));
    groups.settled(list("a", "b"));
    groups.settled(list("a"));
    expect(groups.settled(list("a", "b")).names).toEqual(["a"]);
  });

  it("is not new because the first listing failed", () => {
    const groups = createNewGroups(10);
    groups.settled(FAILED);
    expect(groups.settled(list("a", "b")).names).toEqual(["a", "b"]);
  });

  it("waits no longer because a listing in between failed half-way", () => {
    const groups = createNewGroups(10);
    groups.settled(list("a"));
    groups.settled({ ...list("b"), complete: false });
    expect(groups.settled(list("a", "b")).names).toEqual(["a", "b"]);
  });

  it("with ever new names takes bounded memory: names that went are new again", () => {
    const groups = createNewGroups(2);
    groups.settled(list("a", "b"));
    for (const pair of [
      ["c", "d"],
      ["e", "f"],
    ] as const) {
      groups.settled(list(...pair));
      groups.settled(list(...pair));
    }
    expect(groups.settled(list("e", "a")).names).toEqual(["e"]);
  });
});
