import { expect, it } from "vitest";
import { parseRequest } from "./main.ts";

it("knows the defaults: everything but the older Elasticsearch, from wherever it can be had", () => {
  expect(parseRequest(["all"])).toMatchObject({
    action: "all",
    source: "auto",
    components: ["kafka", "elasticsearch", "burrow", "grafana", "collector"],
    allowInstall: true,
  });
});

it.each([
  [["nothing"], 'The action "nothing" is not one of'],
  [["images", "--source", "cloud"], '--source is "cloud"'],
  [["images", "--components", "kafka,zookeeper"], '--components is "kafka,zookeeper"'],
  [["images", "--fast"], "--fast"],
])("refuses %j with the value and exit code 2", (args, text) => {
  const request = parseRequest(args);
  expect(request).toMatchObject({ exitCode: 2 });
  expect("usage" in request ? request.usage : "").toContain(text);
});
