/**
 * The one way a container is made. It always sets image, limits, health check, restart policy, log bounds, grace period
 * and hardening, and a label over everything that the provider would otherwise ignore on change.
 */
import { createHash } from "node:crypto";
import { Construct, Container, Image } from "../cdktf.ts";
import type { ContainerConfig } from "../cdktf.ts";
import type { Deployment } from "../deployment.ts";
import { hostName, terraformPath } from "../deployment.ts";

/** Rules of the policy test that a container may be excused from, each with a written reason. */
export type Waiver = { readonly rule: "read-only-root" | "no-exec-tmpfs"; readonly reason: string };

export type Mount =
  | { readonly kind: "volume"; readonly volume: string; readonly target: string; readonly readOnly?: boolean }
  /** A generated file or folder of this environment, read-only. `watched`: the program itself notices a change. */
  | { readonly kind: "file"; readonly path: string; readonly target: string; readonly watched?: boolean }
  /** A staged secret, read-only. */
  | { readonly kind: "secret"; readonly name: string; readonly target: string };

export type HealthCheck = {
  readonly command: readonly string[];
  readonly intervalSeconds: number;
  readonly startPeriodSeconds: number;
};

export type ServiceOptions = {
  readonly deployment: Deployment;
  /** Fixed word; with the environment it becomes the container's name on the host. */
  readonly name: string;
  readonly image: string;
  readonly user: string;
  readonly memoryMegabytes: number;
  readonly cpus: number;
  readonly graceSeconds: number;
  readonly entrypoint?: readonly string[];
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly network: { readonly alias: string } | { readonly namespaceOf: ServiceContainer };
  readonly ports?: readonly { readonly internal: number; readonly external: number }[];
  /** Open files; `inherit` takes the engine's limit, for programs that need more than a container can be sure to get. */
  readonly openFiles?: number | "inherit";
  /** Containers that must be healthy, or have finished, first. */
  readonly after?: readonly ServiceContainer[];
  readonly waivers?: readonly Waiver[];
  /** Content that decides about a replacement although it is not part of the container: mounted files. */
  readonly fingerprint?: readonly string[];
} & ({ readonly healthCheck: HealthCheck } | { readonly oneShot: true });

export class ServiceContainer extends Construct {
  readonly container: Container;
  readonly waivers: readonly Waiver[];

  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id);
    this.waivers = options.waivers ?? [];
    const image = new Image(this, "image", { name: options.image, keepLocally: true });
    const settings = {
      ...limits(options),
      ...hardening(options),
      ...lifetime(options),
      ...surroundings(options),
    };
    this.container = new Container(this, "container", {
      name: hostName(options.deployment.config, options.name),
      image: image.imageId,
      command: [...options.command],
      ...(options.entrypoint === undefined ? {} : { entrypoint: [...options.entrypoint] }),
      ...settings,
      ...placement(options),
      labels: labels(options, settings),
      ...(options.after === undefined ? {} : { dependsOn: options.after.map(({ container }) => container) }),
    });
    if ("oneShot" in options) {
      this.#failDeploymentOnExitCode(options.name);
    }
  }

  /** A one-shot that fails stops the deployment and shows its own words. */
  #failDeploymentOnExitCode(name: string): void {
    this.container.addOverride("lifecycle.postcondition", [
      {
        condition: "${self.exit_code == 0}",
        error_message: `The step ${name} failed with exit code \${self.exit_code}:\n\${self.container_logs}`,
      },
    ]);
  }
}

function limits(options: ServiceOptions): Partial<ContainerConfig> {
  return {
    memory: options.memoryMegabytes,
    // Equal to memory: no swap. Left out, the daemon sets twice the memory and every plan shows a difference.
    memorySwap: options.memoryMegabytes,
    // `cpus` makes provider 3.6.2 panic; period and quota say the same.
    cpuPeriod: 100_000,
    cpuQuota: Math.round(options.cpus * 100_000),
    ...(options.openFiles === "inherit"
      ? {}
      : { ulimit: [{ name: "nofile", soft: options.openFiles ?? 1024, hard: options.openFiles ?? 1024 }] }),
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
  };
}

function hardening(options: ServiceOptions): Partial<ContainerConfig> {
  return {
    user: options.user,
    init: true,
    privileged: false,
    readOnly: !(options.waivers ?? []).some((waiver) => waiver.rule === "read-only-root"),
    capabilities: { drop: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    tmpfs: { ...options.tmpfs },
  };
}

function lifetime(options: ServiceOptions): Partial<ContainerConfig> {
  if ("oneShot" in options) {
    return {
      attach: true,
      logs: true,
      mustRun: false,
      restart: "no",
      destroyGraceSeconds: options.graceSeconds,
    };
  }
  const { command, intervalSeconds, startPeriodSeconds } = options.healthCheck;
  const retries = 5;
  return {
    restart: "unless-stopped",
    mustRun: true,
    stopTimeout: options.graceSeconds,
    destroyGraceSeconds: options.graceSeconds,
    healthcheck: {
      test: [...command],
      interval: goDuration(intervalSeconds),
      timeout: "5s",
      retries,
      startPeriod: goDuration(startPeriodSeconds),
    },
    wait: true,
    waitTimeout: startPeriodSeconds + retries * (intervalSeconds + 5) + 60,
  };
}

/** Seconds as Go prints a duration: the engine answers in this form, and any other shows as a change on every plan. */
function goDuration(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function surroundings(options: ServiceOptions): Partial<ContainerConfig> {
  const { deployment } = options;
  const environment = Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  return {
    ...(environment.length === 0 ? {} : { env: environment.toSorted() }),
    volumes: (options.mounts ?? []).map((mount) => {
      switch (mount.kind) {
        case "volume":
          return {
            volumeName: hostName(deployment.config, mount.volume),
            containerPath: mount.target,
            readOnly: mount.readOnly ?? false,
          };
        case "file":
          return {
            hostPath: terraformPath(deployment, `${deployment.filesDirectory}/${mount.path}`),
            containerPath: mount.target,
            readOnly: true,
          };
        case "secret":
          return {
            hostPath: terraformPath(deployment, `${deployment.secretsDirectory}/${mount.name}`),
            containerPath: mount.target,
            readOnly: true,
          };
      }
    }),
  };
}

function placement(options: ServiceOptions): Partial<ContainerConfig> {
  if ("namespaceOf" in options.network) {
    // By id, not by name: the daemon stores the id, and a name would plan a replacement on every deploy.
    return { networkMode: `container:${options.network.namespaceOf.container.id}` };
  }
  const { config } = options.deployment;
  return {
    networkMode: "bridge",
    networksAdvanced: [{ name: hostName(config, "network"), aliases: [options.network.alias] }],
    ports: (options.ports ?? []).map((port) => ({
      ...port,
      ip: config.deployment.bind_address,
      protocol: "tcp",
    })),
  };
}

/**
 * The provider silently ignores changes of several settings (health check, tmpfs, init, quotas, grace) and cannot see
 * mounted content. Labels are never ignored, so a hash over all of that replaces the container when any of it changes.
 */
function labels(
  options: ServiceOptions,
  settings: Partial<ContainerConfig>,
): { label: string; value: string }[] {
  const files = (options.mounts ?? []).flatMap((mount) =>
    mount.kind === "file" && mount.watched !== true ? fileContents(options.deployment, mount.path) : [],
  );
  const hash = createHash("sha256")
    .update(
      JSON.stringify([settings, options.command, options.entrypoint ?? [], files, options.fingerprint ?? []]),
    )
    .digest("hex")
    .slice(0, 16);
  return [
    { label: "lagline.component", value: options.name },
    { label: "lagline.config-hash", value: hash },
    { label: "lagline.environment", value: options.deployment.config.environment },
  ];
}

function fileContents(deployment: Deployment, path: string): string[] {
  return [...deployment.files]
    .filter(([name]) => name === path || name.startsWith(`${path}/`))
    .map(([name, text]) => `${name}\n${text}`)
    .toSorted();
}
