import { expect, it } from "vitest";
import { renderPom } from "./maven.ts";

it("writes a project that holds exactly the artifacts asked for", () => {
  const pom = renderPom([
    { group: "g.one", name: "a", version: "1.0" },
    { group: "g.two", name: "b", version: "2.0" },
  ]);
  expect(pom.match(/<dependency>/g)).toHaveLength(2);
  expect(pom).toContain("<groupId>g.one</groupId><artifactId>a</artifactId><version>1.0</version>");
});
