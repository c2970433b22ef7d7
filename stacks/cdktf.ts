/** The one place that imports cdktf and its provider, so that a move to the maintained fork is a change of one file. */
export { App, LocalBackend, TerraformBackend, TerraformElement, TerraformStack } from "cdktf";
export { Construct } from "constructs";
export { Container } from "@cdktf/provider-docker/lib/container/index.js";
export type { ContainerConfig } from "@cdktf/provider-docker/lib/container/index.js";
export { Image } from "@cdktf/provider-docker/lib/image/index.js";
export { Network } from "@cdktf/provider-docker/lib/network/index.js";
export { DockerProvider } from "@cdktf/provider-docker/lib/provider/index.js";
export { Volume } from "@cdktf/provider-docker/lib/volume/index.js";
