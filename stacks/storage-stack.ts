/**
 * Every named volume, in a stack of its own that an ordinary destroy never touches. Volumes carry no labels: a change of
 * a label would destroy the data.
 */
import type { Construct } from "./cdktf.ts";
import { Volume } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import type { Deployment } from "./deployment.ts";
import { hostName } from "./deployment.ts";
import { keptVolumes, volumeNames } from "./volumes.ts";

export class StorageStack extends BaseStack {
  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id, deployment);
    for (const name of volumeNames(deployment.config)) {
      new Volume(this, name, {
        name: hostName(deployment.config, name),
        lifecycle: { preventDestroy: !deployment.purge },
      });
    }
    const kept = deployment.purge ? [] : keptVolumes(deployment);
    if (kept.length > 0) {
      const forget = (name: string) => ({ from: `docker_volume.${name}`, lifecycle: { destroy: false } });
      // Terraform would destroy what is not in its configuration any more; prevent_destroy goes with the configuration.
      this.addOverride("removed", kept.map(forget));
    }
  }
}
