import { defineConfig } from "vitest/config";

// Three projects: `unit` needs nothing but Node; `faults` too, but takes minutes;
// `integration` needs the real engines and runs one file at a time, because every file owns ports and containers.
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
          exclude: ["**/node_modules/**", "**/*.integration.test.ts"],
          // No module keeps state, so files of one worker may share what they import: a third less CPU.
          isolate: false,
          testTimeout: 20_000,
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
