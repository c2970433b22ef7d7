import { describe, expect, it } from "vitest";
import { completeArguments } from "./cdktf-run.ts";
import { firstFailure, summarise } from "./deploy.ts";

describe("a failed deployment", () => {
  it("is told in the words of the step that failed, without Terraform's boxes", () => {
    const lines = [
      "elasticsearch  docker_container.setup_container_1: Creating...",
      "elasticsearch  ╷",
      "               │ Error: Resource postcondition failed",
      "               │ ",
      "               │   on cdk.tf.json line 177, in resource.docker_container.setup_container_1.lifecycle.postcondition[0]:",
      '               │  177:               "condition": "${self.exit_code == 0}",',
      "               │     ├────────────────",
      "               │     │ self.exit_code is 1",
      "               │ ",
      "               │ The step setup failed with exit code 1:",
      "               │ Elasticsearch was not ready within 180 s.",
      "               ╵",
      "0 Stacks deploying     3 Stacks done     3 Stacks waiting",
      "Invoking Terraform CLI failed with exit code 1",
    ];
    expect(firstFailure(lines)).toBe(
      "Error: Resource postcondition failed\n  The step setup failed with exit code 1:\n  Elasticsearch was not ready within 180 s.",
    );
  });

  it("shows the last lines where there is no error of Terraform", () => {
    expect(firstFailure(["a", "", "b"])).toBe("a b");
  });
});

describe("a deployment that changes nothing", () => {
  it("is summarised by the number of stacks without changes", () => {
    expect(
      summarise([
        "network  No changes. Your infrastructure matches the configuration.",
        "storage  No changes. Your…",
      ]),
    ).toBe("no changes in 2 stacks");
  });
});

describe("flags of cdktf", () => {
  it("are completed by verb, and never against the caller", () => {
    expect(completeArguments(["deploy", "*"])).toEqual([
      "deploy",
      "*",
      "--skip-provider-lock",
      "--auto-approve",
      "--parallelism=1",
    ]);
    expect(completeArguments(["deploy", "*", "--parallelism=2"])).not.toContain("--parallelism=1");
    expect(completeArguments(["diff", "network"])).toEqual(["diff", "network", "--skip-provider-lock"]);
    expect(completeArguments(["synth"])).toEqual(["synth"]);
  });
});
