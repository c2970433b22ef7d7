/** Stand-alone command for the platform parts; `lagline up` calls the same functions. */
import { parseArgs } from "node:util";
import { describeError } from "../../model/errors.ts";
import { COMPONENTS, type Component } from "../../stacks/versions.ts";
import { ensureDockerEngine } from "./engine.ts";
import { stopDockerEngine } from "./engine-daemon.ts";
import { createContext, type PlatformOptions } from "./context.ts";
import { ensureImages } from "./images/images.ts";
import type { ImageSource } from "./images/plan.ts";
import { ensureDockerProvider } from "./provider.ts";
import { runTogether } from "./run-together.ts";
import { ensureTerraform } from "./terraform.ts";

const USAGE = `Usage: node scripts/platform/main.ts <engine|stop-engine|images|provider|all> [options]

Makes the Docker engine, the images and the Terraform provider of Lagline available on this host.

Options:
  --source auto|registry|local   where images come from (default auto)
  --components a,b               only these: ${COMPONENTS.join(", ")}
                                 (default: all but elasticsearch-8)
  --no-install                   change nothing on this host, say what to install instead
  --json                         print the result as JSON
  --help                         show this text

Example: node scripts/platform/main.ts images --source local --components kafka,burrow
`;

const SOURCES: readonly ImageSource[] = ["auto", "registry", "local"];
const ACTIONS = ["engine", "stop-engine", "images", "provider", "all"] as const;
type Action = (typeof ACTIONS)[number];

type Request = {
  readonly action: Action;
  readonly source: ImageSource;
  readonly components: readonly Component[];
  readonly allowInstall: boolean;
  readonly json: boolean;
};

export function parseRequest(
  args: readonly string[],
): Request | { readonly usage: string; readonly exitCode: 0 | 2 } {
  const options = {
    source: { type: "string", default: "auto" },
    components: {
      type: "string",
      default: COMPONENTS.filter((name) => name !== "elasticsearch-8").join(","),
    },
    "no-install": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    return { usage: `${describeError(error)}\n\n${USAGE}`, exitCode: 2 };
  }
  const { values, positionals } = parsed;
  if (values.help) return { usage: USAGE, exitCode: 0 };
  const action = ACTIONS.find((name) => name === positionals[0]);
  const source = SOURCES.find((name) => name === values.source);
  const asked = values.components.split(",");
  const components = COMPONENTS.filter((name) => asked.includes(name));
  if (action === undefined || positionals.length > 1)
    return wrong(`The action "${positionals.join(" ")}" is not one of ${ACTIONS.join(", ")}.`);
  if (source === undefined)
    return wrong(`--source is "${values.source}", but must be one of ${SOURCES.join(", ")}.`);
  if (components.length !== asked.length)
    return wrong(`--components is "${values.components}", but may hold only ${COMPONENTS.join(", ")}.`);
  return { action, source, components, allowInstall: !values["no-install"], json: values.json };
}

function wrong(message: string): { readonly usage: string; readonly exitCode: 2 } {
  return { usage: `${message}\n\n${USAGE}`, exitCode: 2 };
}

async function perform(request: Request, options: PlatformOptions): Promise<unknown> {
  if (request.action === "stop-engine") return stopDockerEngine(options);
  const engine =
    request.action === "provider"
      ? undefined
      : await ensureDockerEngine({ ...options, allowInstall: request.allowInstall });
  if (request.action === "engine") return { engine };
  const images = async (): Promise<unknown> =>
    Object.fromEntries(
      await ensureImages({ ...options, source: request.source, components: request.components }),
    );
  const provider = async (): Promise<unknown> => ({
    terraform: await ensureTerraform(options),
    ...(await ensureDockerProvider(options)),
  });
  if (request.action === "images") return { engine, images: await images() };
  if (request.action === "provider") return { provider: await provider() };
  const parts = [
    ["images", images],
    ["provider", provider],
  ] as const;
  const stop = new AbortController();
  const results = await runTogether(stop, parts, async ([, make]) => make());
  return { engine, ...Object.fromEntries(results.map(([[name], result]) => [name, result])) };
}

/** `on`, not `once`: execa ends the process itself when it sees no other listener. The second signal ends it at once. */
function listenForInterrupt(): AbortSignal {
  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (interrupt.signal.aborted) process.exit(130);
      interrupt.abort(new Error(`Stopped by ${name}; run the command again to go on.`));
    });
  }
  return interrupt.signal;
}

async function main(): Promise<void> {
  const request = parseRequest(process.argv.slice(2));
  if ("usage" in request) {
    (request.exitCode === 0 ? process.stdout : process.stderr).write(request.usage);
    process.exitCode = request.exitCode;
    return;
  }
  const interrupt = listenForInterrupt();
  const base: PlatformOptions = {
    log: (line) => process.stderr.write(`${line}\n`),
    signal: interrupt,
    retryCommand: `node scripts/platform/main.ts ${process.argv.slice(2).join(" ")}`,
  };
  try {
    const result = await perform(request, { ...base, progress: createContext(base).progress });
    process.stdout.write(`${JSON.stringify(result, null, request.json ? 0 : 2)}\n`);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === import.meta.filename) await main();
