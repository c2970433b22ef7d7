/** Where the links that tell people are reached: Grafana, the relay, Slack. */
import type { Config } from "../../config/schema.ts";
import { hostName } from "../../stacks/deployment.ts";
import { RELAY_NAME } from "../../stacks/endpoints.ts";
import { relayTarget, usesRelay } from "../../stacks/files/relay-files.ts";
import { judgeContainer } from "./container.ts";
import { askInside } from "./container-http.ts";
import type { Walk } from "./context.ts";
import { named } from "./context.ts";
import { expectedGrafana } from "./expected-grafana.ts";
import type { Observation } from "./finding.ts";
import { broken, skipped } from "./finding.ts";
import { lookAtGrafana } from "./grafana.ts";
import { ask } from "./http.ts";
import type { RelayLook } from "./relay.ts";
import { lookAtRelay } from "./relay.ts";
import { lookAtSlack } from "./slack.ts";

export async function grafana({ config, containers, signal }: Walk): Promise<readonly Observation[]> {
  const { managed, external } = config.grafana;
  if (managed === undefined && external === undefined) {
    return [skipped("health", "lagline.yaml names no Grafana; its files are only rendered.")];
  }
  const name = hostName(config, "grafana");
  if (managed !== undefined && containers !== undefined && containers.every((each) => each.name !== name)) {
    return [
      broken(
        "container",
        `There is no container ${name}: Grafana was left out where its image could not be had.`,
        "Make the image available (grafana.managed.image) and run scripts/up, or use grafana.external with the rendered files.",
      ),
    ];
  }
  return lookAtGrafana({
    url: (external?.url ?? `http://127.0.0.1:${managed?.host_port ?? 3000}`).replace(/\/+$/, ""),
    passwordFile: managed?.admin_password_file,
    expected: () => expectedGrafana(config),
    signal,
  });
}

export async function relay(walk: Walk): Promise<readonly Observation[]> {
  const { config, containers, signal, now } = walk;
  if (!usesRelay(config)) {
    const why =
      config.alerts.slack === undefined ? "alerts.slack is not set" : "Grafana posts to Slack itself";
    return [skipped("container", `${why}: there is no relay.`)];
  }
  const look = {
    target: relayTarget(config).url,
    tokenFile: config.alerts.relay.token_file,
    silenceSeconds: config.alerts.watchdog.silence_seconds,
    nowMs: now(),
  };
  const [name, found] = named(walk, RELAY_NAME);
  if (found === undefined && (containers ?? []).length === 0) return relayByAddress(config, look, signal);
  const container = judgeContainer(name, found);
  if (container.outcome === "broken") return [container];
  const inside = { config, container: name, signal };
  const base = `http://127.0.0.1:${config.alerts.relay.port}`;
  return [
    container,
    ...(await lookAtRelay({
      ...look,
      get: (path, headers = {}) => askInside(inside, { url: `${base}${path}`, headers }),
    })),
  ];
}

/** A relay that is no container of this host: a process, or somewhere else. */
async function relayByAddress(
  config: Config,
  look: Omit<RelayLook, "get">,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  const { url, address, port } = config.alerts.relay;
  const host = /^(0\.0\.0\.0|::)$/.test(address) ? "127.0.0.1" : address;
  const base = (url ?? `http://${host}:${port}`).replace(/\/+$/, "");
  if (url === undefined) {
    const first = await ask(`${base}/healthz`, { signal });
    if (first.kind === "none") {
      return [
        skipped(
          "container",
          `Nothing of this environment runs on this host, and no relay answers at ${base}: ${first.reason}.`,
        ),
      ];
    }
  }
  return lookAtRelay({ ...look, get: (path, headers = {}) => ask(`${base}${path}`, { headers, signal }) });
}

export function slack({ config, sendTest, signal }: Walk): Promise<readonly Observation[]> {
  return lookAtSlack({
    webhookFile: config.alerts.slack?.webhook_file,
    testMessage: sendTest
      ? `Test message of Lagline (${config.environment}): this webhook works.`
      : undefined,
    signal,
  });
}
