/**
 * An image that stands in for Grafana where its own cannot be had: it answers the health check and nothing else. It
 * proves the stack's mounts, secrets and plans, not Grafana.
 */
import { execa } from "execa";
import { IMAGES } from "../../../stacks/versions.ts";

const SERVER = `require("node:http").createServer((_, answer) => answer.end("stand-in")).listen(3000)`;

export async function buildStandIn(name: string): Promise<void> {
  const dockerfile = [
    `FROM ${IMAGES.collector.local}`,
    "USER 0:0",
    "RUN install -d -o 472 -g 0 /var/lib/grafana /etc/grafana/provisioning /var/log/grafana",
    "USER 472:0",
    `ENTRYPOINT ["node", "-e", ${JSON.stringify(SERVER)}]`,
    "",
  ].join("\n");
  await execa("docker", ["build", "--quiet", "--tag", name, "-"], {
    input: dockerfile,
    env: { DOCKER_BUILDKIT: "0" },
  });
}
