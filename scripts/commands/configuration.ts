/** `lagline init`, `lagline check`, `lagline render`, `lagline secrets init`: what makes and reads the configuration. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { InitFlags } from "../init/answers.ts";
import { stringify } from "yaml";
import type { ConfigOption } from "./options.ts";
import { DEFAULT_CONFIG, interruptSignal, load, withConfig, withExample } from "./options.ts";

export function addConfigurationCommands(program: Command): void {
  addInit(program);
  addCheck(program);
  addRender(program);
  addSecrets(program);
}

function addInit(program: Command): void {
  const command = program
    .command("init")
    .description(
      "Write a small lagline.yaml for a Kafka that exists, with policies proposed from its groups.",
    )
    .option("--bootstrap-servers <list>", "host:port, separated by commas")
    .option("--cluster <name>", "name for this Kafka cluster")
    .option("--environment <name>", "name for this installation")
    .option("--sasl-mechanism <name>", "none, PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
    .option("--username <name>", "Kafka user")
    .option("--password-file <file>", "file with its password")
    .option("--tls", "Kafka speaks TLS")
    .option("--no-tls", "Kafka does not speak TLS")
    .option("--ca-file <file>", "certificate authority of Kafka")
    .option("--elasticsearch-url <url>", "an Elasticsearch that exists; left out: one is deployed")
    .option("--api-key-file <file>", "file with its API key")
    .option("--out <file>", "file to write", DEFAULT_CONFIG)
    .action(async ({ out, ...flags }: InitFlags & { out: string }) => {
      const { runInit } = await import("../init/run.ts");
      const { stdin: input, stdout: output } = process;
      await runInit({
        flags,
        out,
        ...(input.isTTY && output.isTTY ? { terminal: { input, output } } : {}),
        signal: interruptSignal(),
        print: (line) => void output.write(`${line}\n`),
      });
    });
  withExample(
    command,
    "lagline init --out my.yaml",
    "lagline init --bootstrap-servers kafka-1:9092 --sasl-mechanism SCRAM-SHA-512 --username lagline --out my.yaml",
  );
}

function addCheck(program: Command): void {
  const command = program
    .command("check")
    .description(
      "Validate the configuration and print it with every default filled in. Secrets are files and never printed.",
    )
    .option("--json", "print JSON instead of YAML", false)
    .action((options: ConfigOption & { json: boolean }) => {
      const { config, file } = load(options);
      process.stdout.write(options.json ? `${JSON.stringify(config, undefined, 2)}\n` : stringify(config));
      process.stderr.write(
        `${file} is valid: environment ${config.environment}, clusters ${Object.keys(config.clusters).join(", ")}.\n`,
      );
    });
  withExample(withConfig(command), "lagline check --config lagline.yaml");
}

function addRender(program: Command): void {
  const command = program
    .command("render")
    .description(
      "Write every generated file: Burrow, collector, Kafka, Elasticsearch templates, Grafana dashboards and rules.",
    )
    .requiredOption(
      "--out <directory>",
      "folder to write to; files in it that are not generated any more are removed",
    )
    .action(async (options: ConfigOption & { out: string }) => {
      const { config } = load(options);
      const { renderAll } = await import("../render.ts");
      const { writeFiles } = await import("../../stacks/files/write.ts");
      const files = await renderAll(config);
      const changed = writeFiles(resolve(options.out), files);
      process.stdout.write(`${files.size} files in ${options.out}, ${changed.length} changed.\n`);
    });
  withExample(withConfig(command), "lagline render --out out/");
}

function addSecrets(program: Command): void {
  const secrets = program.command("secrets").description("Files that hold secrets.");
  const command = secrets
    .command("init")
    .description(
      "Create the secret files that the configuration names and that can be made up here (0600). Existing files stay.",
    )
    .action(async (options: ConfigOption) => {
      const { initialiseSecrets } = await import("../secrets/secrets.ts");
      for (const sentence of initialiseSecrets(load(options).config)) {
        process.stdout.write(`${sentence}\n`);
      }
    });
  withExample(withConfig(command), "lagline secrets init");
  addRotate(secrets);
}

type RotateFlags = ConfigOption & {
  readonly user: readonly string[];
  readonly certificates: boolean;
  readonly authority: boolean;
};

function addRotate(secrets: Command): void {
  const command = secrets
    .command("rotate")
    .description(
      "New passwords of all users of a managed Elasticsearch, or what the flags name, without a restart and without a lost document.",
    )
    .option(
      "--user <name>",
      "new password of this user only; may be given several times",
      (name: string, names: readonly string[]) => [...names, name],
      [],
    )
    .option("--certificates", "new keys and certificates of the nodes", false)
    .option("--authority", "a new authority, and certificates by it", false)
    .action(async (options: RotateFlags) => {
      const { config } = load(options);
      const { parseOrder, rotateSecrets } = await import("../secrets/rotate.ts");
      const { ownContainers } = await import("../deploy/docker.ts");
      const signal = interruptSignal();
      const order = parseOrder(options);
      // No engine on this host is nothing that runs.
      const containers = await ownContainers(config, signal).catch(() => []);
      await rotateSecrets(config, {
        order,
        isRunning: containers.some(({ state }) => state === "running"),
        signal,
        log: (sentence) => void process.stdout.write(`${sentence}\n`),
      });
    });
  withExample(
    withConfig(command),
    "lagline secrets rotate",
    "lagline secrets rotate --user grafana",
    "lagline secrets rotate --authority",
  );
}
