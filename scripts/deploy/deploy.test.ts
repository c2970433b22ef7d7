import { describe, expect, it } from "vitest";
import { completeArguments } from "./cdktf-run.ts";
import { createStackTeller, firstFailure, summarise } from "./deploy.ts";

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

const RUN = [
  "network  No changes. Your infrastructure matches the configuration.",
  "         Apply complete! Resources: 0 added, 0 changed, 0 destroyed.",
  "elasticsearch  docker_image.setup_image_4786355A: Creation complete after 0s",
  "               Apply complete! Resources: 2 added, 1 changed, 2 destroyed.",
];

describe("a deployment", () => {
  it("without changes is summarised by the number of stacks", () => {
    expect(summarise(RUN.slice(0, 2))).toBe("no changes in 1 stacks");
  });

  it("with changes says in how many stacks", () => {
    expect(summarise(RUN)).toBe("1 of 2 stacks changed");
  });

  it("tells each stack's result with its name, which cdktf prints only once", () => {
    const told: string[] = [];
    const tell = createStackTeller((line) => told.push(line));
    RUN.forEach((line) => tell(line));
    expect(told).toEqual([
      "  network: 0 added, 0 changed, 0 destroyed",
      "  elasticsearch: 2 added, 1 changed, 2 destroyed",
    ]);
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
