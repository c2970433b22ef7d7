import { describe, expect, test } from "vitest";
import { limitProblems, parseLimits } from "./host-limits.ts";

describe("several Elasticsearch nodes on a host", () => {
  test("whose kernel and engine give too little are refused, with both reasons and what to do", () => {
    const [mapCount = "", openFiles = "", ...others] = limitProblems(3, parseLimits("20000\n65530\n"));
    expect(mapCount).toContain("vm.max_map_count at 262144 or more, and it is 65530. Run `sysctl -w");
    expect(openFiles).toContain(
      "65535 open files in a container, and the engine gives 20000. Raise LimitNOFILE",
    );
    expect(others).toEqual([]);
  });

  test.each(["65535\n262144\n", "unlimited\n1048576\n"])("that gives %j can start", (text) => {
    expect(limitProblems(3, parseLimits(text))).toEqual([]);
  });

  test("where the answer is not understood are refused", () => {
    expect(limitProblems(3, parseLimits(""))).toHaveLength(2);
    expect(limitProblems(3, parseLimits("no such file\n"))).toHaveLength(2);
  });
});

test("a single node may start on any host: it only warns", () => {
  expect(limitProblems(1, parseLimits("1024\n65530\n"))).toEqual([]);
});
