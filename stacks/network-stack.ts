/** One network for the whole installation. */
import type { Construct } from "./cdktf.ts";
import { Network } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import type { Deployment } from "./deployment.ts";
import { hostName } from "./deployment.ts";

export class NetworkStack extends BaseStack {
  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id, deployment);
    new Network(this, "network", { name: hostName(deployment.config, "network"), driver: "bridge" });
  }
}
