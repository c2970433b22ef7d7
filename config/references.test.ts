import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadConfig } from "./load.ts";
import { resolveReferences } from "./references.ts";

const environment = new Map([
  ["URL", "https://search:9200"],
  ["SECONDS", "15"],
  ["ON", "true"],
  ["ODD", "${SECONDS}"],
  ["LIST", "[1, 2]"],
]);
const resolve = (value: unknown) => resolveReferences(value, (name) => environment.get(name));

test.each([
  ["${URL}", "https://search:9200"],
  ["${SECONDS}", 15],
  ["${ON}", true],
  ["${NONE:-30}", 30],
  ["${NONE:-}", ""],
  ["${NONE:-a b}", "a b"],
  ["${SECONDS:?how often}", 15],
  ["${URL:?}/x", "https://search:9200/x"],
  ["${URL}/path-${SECONDS}", "https://search:9200/path-15"],
  ["v${SECONDS}", "v15"],
  ["$${URL}", "${URL}"],
  ["${ODD}", "${SECONDS}"],
  ["${LIST}", "[1, 2]"],
  ["^a$|{2}", "^a$|{2}"],
])("%s becomes %j", (text, value) => {
  expect(resolve(text)).toEqual({ value, problems: [] });
});

test("every missing variable and every malformed reference is named with its place", () => {
  const { problems } = resolve({ a: ["${NONE}", { b: "x${OTHER}y" }], c: "${not a name}", "${KEY}": 1 });
  expect(problems).toEqual([
    "a[0] needs the environment variable NONE or NONE_FILE, and neither is set",
    "a[1].b needs the environment variable OTHER or OTHER_FILE, and neither is set",
    expect.stringMatching(/^c has a reference that cannot be read/),
  ]);
});

test("what a reference asks for is said where it is missing", () => {
  expect(resolve({ a: "${NONE:?ask the search team}", b: "${NONE:?}" }).problems).toEqual([
    "a needs the environment variable NONE or NONE_FILE, and neither is set: ask the search team",
    "b needs the environment variable NONE or NONE_FILE, and neither is set",
  ]);
});

test("what holds no reference comes back as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!JSON.stringify(value).includes("${"));
      expect(resolve(value)).toEqual({ value, problems: [] });
    }),
    { numRuns: 300 },
  );
});

test("a configuration takes variables and files from the environment, and says what is missing", () => {
  const directory = mkdtempSync(join(tmpdir(), "lagline-references-"));
  try {
    const file = join(directory, "lagline.yaml");
    const secretless = join(directory, "servers");
    writeFileSync(secretless, "http://burrow:8000\n");
    writeFileSync(
      file,
      [
        "environment: ${LAGLINE_TEST_ENVIRONMENT:-prod}",
        'clusters: { a: { burrow: { external: { servers: ["${LAGLINE_TEST_BURROW}"] } } } }',
        "elasticsearch: { external: { url: http://search:9200 } }",
        "collector: { interval_seconds: ${LAGLINE_TEST_INTERVAL} }",
      ]
        .join("\n")
        .replace("${LAGLINE_TEST_INTERVAL} }", '"${LAGLINE_TEST_INTERVAL}" }'),
    );
    const given = { LAGLINE_TEST_BURROW_FILE: secretless, LAGLINE_TEST_INTERVAL: "20" };
    const { config } = loadConfig(file, given);
    expect(config).toMatchObject({
      environment: "prod",
      clusters: { a: { burrow: { external: { servers: ["http://burrow:8000"] } } } },
      collector: { interval_seconds: 20 },
    });
    expect(() => loadConfig(file, {})).toThrow(
      /2 problems[^]*servers\[0\] needs the environment variable LAGLINE_TEST_BURROW[^]*LAGLINE_TEST_INTERVAL/,
    );
    expect(() => loadConfig(file, { ...given, LAGLINE_TEST_BURROW_FILE: "/nowhere" })).toThrow(
      /cannot be read/,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
