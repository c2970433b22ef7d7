/** A stack that is deployed and that lagline.yaml names no more: without resources, so that a deployment removes them. */
import type { App } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import type { Deployment } from "./deployment.ts";

export class RetiredStack extends BaseStack {}

/**
 * @param present stacks of the configuration, also those that are left out for want of an image: they only wait.
 */
export function buildRetired(
  app: App,
  deployment: Deployment,
  present: ReadonlySet<string>,
): readonly RetiredStack[] {
  return deployment.deployed.stacks
    .filter((name) => !present.has(name))
    .map((name) => new RetiredStack(app, name, deployment));
}
