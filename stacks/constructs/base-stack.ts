/** What every stack has: provider at the pinned version, state backend, environment. */
import { resolve, relative } from "node:path";
import type { Construct } from "../cdktf.ts";
import { DockerProvider, LocalBackend, TerraformStack } from "../cdktf.ts";
import type { Deployment } from "../deployment.ts";
import { DOCKER_PROVIDER } from "../versions.ts";

export abstract class BaseStack extends TerraformStack {
  readonly deployment: Deployment;

  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id);
    this.deployment = deployment;
    const host = deployment.config.deployment.docker_host;
    new DockerProvider(this, "docker", host === undefined ? {} : { host });
    this.addOverride("terraform.required_providers.docker.source", DOCKER_PROVIDER.source);
    this.addOverride("terraform.required_providers.docker.version", deployment.providerVersion);
    this.#useBackend(id);
  }

  /** Local state by default; other backends take Terraform's own settings and their credentials from the environment. */
  #useBackend(id: string): void {
    const { environment, deployment: settings } = this.deployment.config;
    const { type, directory, settings: backend } = settings.state;
    if (type === "local") {
      const from = resolve(this.deployment.outputDirectory, "stacks", id);
      new LocalBackend(this, { path: relative(from, resolve(directory, environment, `${id}.tfstate`)) });
      return;
    }
    const key = `lagline/${environment}/${id}`;
    this.addOverride("terraform.backend", { [type]: { ...stateKey(type, key), ...backend } });
  }
}

/** How each backend names the place of one state among others. */
function stateKey(type: string, key: string): Record<string, string> {
  switch (type) {
    case "s3":
    case "azurerm":
      return { key: `${key}.tfstate` };
    case "gcs":
      return { prefix: key };
    case "consul":
      return { path: key };
    case "pg":
      return { schema_name: key.replaceAll(/[^a-z0-9]/g, "_") };
    default:
      return {};
  }
}
