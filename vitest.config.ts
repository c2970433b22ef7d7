import { defineConfig } from "vitest/config";

// Four projects: `unit` needs nothing but Node and is quick; `processes` starts the commands as people do, or plays days
// of a cluster; `faults` needs nothing but Node either, and takes minutes; `integration` needs the real engines and runs one
// file at a time, because every file owns ports and containers.
const PROCESSES = [
  "collectors/{reload,collect-command,telegraf-collect}.test.ts",
  "scripts/alerts/run-tests.test.ts",
  "scripts/bundle/*.test.ts",
  "tests/unit/{alert-scenarios,lag-scenarios,lag-properties,alert-hold,documentation,package}.test.ts",
];

export default defineConfig({
  test: {
    coverage: {
      provider: "v8",
      include: [
        "config/**/*.ts",
        "model/**/*.ts",
        "collectors/**/*.ts",
        "stacks/**/*.ts",
        "dashboards/**/*.ts",
        "alerts/**/*.ts",
      ],
      exclude: ["**/*.test.ts"],
    },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "{config,model,collectors,stacks,dashboards,alerts,scripts}/**/*.test.ts",
            "tests/unit/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**", ...PROCESSES],
          // Much of a test is waiting for a clock or a socket.
          maxWorkers: 4,
          // No module keeps state, so files of one worker may share what they import: a third less CPU.
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "processes",
          include: PROCESSES,
          maxWorkers: 4,
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "faults",
          include: ["tests/{faults,relay}/**/*.test.ts"],
          maxWorkers: 3,
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          globalSetup: ["tests/integration/setup.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 1_200_000,
        },
      },
    ],
  },
});
