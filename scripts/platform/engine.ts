/** Makes a Docker engine answer: the one that runs, else one installed from this host's own packages. */
import { setTimeout as sleep } from "node:timers/promises";
import { LaglineError } from "../../model/errors.ts";
import { ensurePackages, readOsRelease, selectKnownPackages, updatePackageLists } from "./apt.ts";
import { probeCommand } from "./commands.ts";
import { createContext, type PlatformContext, type PlatformOptions } from "./context.ts";
import { findOwnDaemon, startDaemon } from "./engine-daemon.ts";
import { asRoot } from "./root.ts";

const ANSWER_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 60_000;
const SERVICE_START_TIMEOUT_MS = 5000;

export type EngineRequest = PlatformOptions & {
  /** False refuses to change the host and says what to run instead. */
  readonly allowInstall: boolean;
};

export type Engine = {
  readonly version: string;
  /** True when this call started it. */
  readonly startedByUs: boolean;
  /** The engine's process, when this or an earlier call started it: `stopDockerEngine` stops only that one. */
  readonly pid?: number;
};

type EngineState =
  | { readonly kind: "answers"; readonly version: string }
  | { readonly kind: "forbidden" | "silent" | "no-client"; readonly reason: string };

export async function ensureDockerEngine(request: EngineRequest): Promise<Engine> {
  const context = createContext(request);
  const state = await askEngine(context.signal);
  if (state.kind === "answers") {
    const pid = await findOwnDaemon(context.root);
    return { version: state.version, startedByUs: false, ...(pid === undefined ? {} : { pid }) };
  }
  if (state.kind === "forbidden") throw forbidden(state.reason);
  const remote = context.environment["DOCKER_HOST"];
  if (remote !== undefined && remote !== "") throw remoteSilent(remote, state.reason);
  if (!request.allowInstall) throw refused(state.reason);
  await installEngine(context);
  return startEngine(context);
}

/** The engine's own answer; never waits longer than ten seconds. */
export async function askEngine(signal: AbortSignal): Promise<EngineState> {
  const answer = await probeCommand(
    { file: "docker", args: ["version", "--format", "{{.Server.Version}}"], timeoutMs: ANSWER_TIMEOUT_MS },
    signal,
  );
  const version = answer.stdout.trim();
  if (answer.exitCode === 0 && version !== "") return { kind: "answers", version };
  if (answer.exitCode === 127) return { kind: "no-client", reason: "the docker command is not installed" };
  const reason = answer.stderr.trim().split("\n").at(-1) ?? "it gave no reason";
  return { kind: /permission denied/i.test(reason) ? "forbidden" : "silent", reason };
}

async function installEngine(context: PlatformContext): Promise<void> {
  const [daemon, client] = await Promise.all([
    isInstalled("dockerd", context),
    isInstalled("docker", context),
  ]);
  if (daemon && client) return;
  const host = await readOsRelease();
  if (host.id !== "debian" && host.id !== "ubuntu") throw unknownHost(host.id);
  context.progress.log(
    "No Docker engine answers on this host: installing the packages docker.io and iptables with apt-get (needs root).",
  );
  await updatePackageLists(context);
  // The client is a package of its own from Debian 13 on; tini is what `init: true` runs.
  const optional = await selectKnownPackages(["docker-cli", "tini"], context.signal);
  await ensurePackages(context, ["docker.io", "iptables", ...optional]);
}

async function isInstalled(program: string, context: PlatformContext): Promise<boolean> {
  const answer = await probeCommand({ file: program, args: ["--version"] }, context.signal);
  if (answer.exitCode === 0) return true;
  const inAdminFolder = await probeCommand(
    { file: `/usr/sbin/${program}`, args: ["--version"] },
    context.signal,
  );
  return inAdminFolder.exitCode === 0;
}

async function startEngine(context: PlatformContext): Promise<Engine> {
  return context.progress.step("Start the Docker engine", async (step) => {
    // Installing the package may have started the service.
    const installed = await waitForAnswer(context, 1000);
    if (installed !== undefined) return { version: installed, startedByUs: false };
    const service = await findServiceCommand(context.signal);
    if (service !== undefined) {
      await step.run(await asRoot({ ...service, timeoutMs: START_TIMEOUT_MS }, step.signal));
      const version = await waitForAnswer(context, SERVICE_START_TIMEOUT_MS);
      if (version === undefined) throw neverAnswered("the service manager's log", service.args.join(" "));
      step.note("by the service manager");
      return { version, startedByUs: false };
    }
    const daemon = await startDaemon(context);
    const version = await waitForAnswer(context, START_TIMEOUT_MS);
    if (version === undefined) throw neverAnswered(daemon.logFile, "dockerd");
    step.note(`in the background, process ${daemon.pid()}`);
    return { version, startedByUs: true, pid: daemon.pid() };
  });
}

/** What starts a service here, when a service manager runs at all (in a container none does). */
async function findServiceCommand(
  signal: AbortSignal,
): Promise<{ file: string; args: string[] } | undefined> {
  const first = await probeCommand({ file: "cat", args: ["/proc/1/comm"] }, signal);
  if (first.stdout.trim() === "systemd") return { file: "systemctl", args: ["start", "docker"] };
  if (first.stdout.trim() === "init") return { file: "service", args: ["docker", "start"] };
  return undefined;
}

async function waitForAnswer(context: PlatformContext, timeoutMs: number): Promise<string | undefined> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const state = await askEngine(context.signal);
    if (state.kind === "answers") return state.version;
    if (state.kind === "forbidden") throw forbidden(state.reason);
    if (performance.now() > deadline) return undefined;
    await sleep(250, undefined, { signal: context.signal });
  }
}

function forbidden(reason: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ENGINE_FORBIDDEN",
    message: `A Docker engine runs, but this user may not use it (${reason}).`,
    hint: 'Run the command as root, or add the user to the group "docker" (sudo usermod -aG docker "$USER") and log in again.',
  });
}

function remoteSilent(host: string, reason: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ENGINE_REMOTE_SILENT",
    message: `DOCKER_HOST is "${host}", but no Docker engine answers there (${reason}).`,
    hint: "Start that engine, or remove DOCKER_HOST to use an engine on this host.",
    retryable: true,
  });
}

function refused(reason: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ENGINE_ABSENT",
    message: `No Docker engine answers (${reason}), and --no-install forbids to install or start one.`,
    hint: 'Run "apt-get install docker.io iptables" and start the service "docker" as root, or run again without --no-install.',
  });
}

function unknownHost(id: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ENGINE_ABSENT",
    message: `No Docker engine answers, and Lagline installs one only on Debian and Ubuntu; this host is "${id === "" ? "unknown" : id}".`,
    hint: "Install Docker Engine 20.10 or newer, start it, and run the command again.",
  });
}

function neverAnswered(log: string, started: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ENGINE_NOT_STARTED",
    message: `"${started}" was started, but the Docker engine did not answer in time.`,
    hint: `Read ${log}, remove the cause and run the command again.`,
    retryable: true,
  });
}
