/** `lagline annotate`, `mute`, `unmute`: what people tell Lagline about their groups. */
import { Option } from "commander";
import type { Command } from "commander";
import { DEPLOYMENT_KINDS } from "../annotate/events.ts";
import type { DeploymentKind } from "../annotate/events.ts";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, pickCluster, wholeNumber, withConfig, withExample } from "./options.ts";

export function addAnnotationCommands(program: Command): void {
  addAnnotate(program);
  addMute(program);
  addUnmute(program);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

type AnnotateFlags = ConfigOption & {
  cluster?: string;
  group: readonly string[];
  kind: DeploymentKind;
  minutes: number;
  reason: string;
  json: boolean;
};

function addAnnotate(program: Command): void {
  const command = program
    .command("annotate")
    .description(
      "Mark a deployment on the dashboards of the groups it touches, and silence them for its time.",
    )
    .option("--cluster <name>", "Kafka cluster; needed where the configuration has several")
    .requiredOption("--group <glob>", "groups it touches; may be given again", collect)
    .addOption(new Option("--kind <kind>", "what is done").choices(DEPLOYMENT_KINDS).makeOptionMandatory())
    .requiredOption("--minutes <number>", "how long it is expected to take", wholeNumber("--minutes", 1))
    .requiredOption("--reason <text>", "why, for whoever looks at the graph")
    .option("--json", "print one JSON document", false)
    .action(async (options: AnnotateFlags) => {
      const { config } = load(options);
      const { runAnnotate } = await import("../annotate/run.ts");
      await runAnnotate(config, {
        cluster: pickCluster(Object.keys(config.clusters), options.cluster),
        groups: options.group,
        kind: options.kind,
        minutes: options.minutes,
        reason: options.reason,
        json: options.json,
        signal: interruptSignal(),
        print,
      });
    });
  withExample(
    withConfig(command),
    "lagline annotate --cluster orders --group 'billing-*' --kind rolling --minutes 15 --reason 'release 4.2'",
  );
}

const CLUSTER = "Kafka cluster; needed where the configuration has several";
type WhoFlags = ConfigOption & { cluster?: string; group: readonly string[]; json: boolean };
type MuteFlags = WhoFlags & { minutes: number; reason: string };

function addMute(program: Command): void {
  const command = program
    .command("mute")
    .description("Keep alerts of groups silent until a moment; what is still wrong then fires.")
    .option("--cluster <name>", CLUSTER)
    .requiredOption("--group <glob>", "groups to mute; may be given again", collect)
    .requiredOption("--minutes <number>", "for how long, at most seven days", wholeNumber("--minutes", 1))
    .requiredOption("--reason <text>", "why, for whoever misses the alert")
    .option("--json", "print one JSON document", false)
    .action(async (options: MuteFlags) => {
      const { config } = load(options);
      const { runMute } = await import("../mute/run.ts");
      const { minutes, reason } = options;
      await runMute(config, { ...whoOf(Object.keys(config.clusters), options), minutes, reason });
    });
  withExample(
    withConfig(command),
    "lagline mute --cluster orders --group 'billing-*' --minutes 60 --reason 'replay of March'",
  );
}

function addUnmute(program: Command): void {
  const command = program
    .command("unmute")
    .description("Take mutes of groups back.")
    .option("--cluster <name>", CLUSTER)
    .requiredOption("--group <glob>", "groups; may be given again", collect)
    .option("--json", "print one JSON document", false)
    .action(async (options: WhoFlags) => {
      const { config } = load(options);
      const { runUnmute } = await import("../mute/run.ts");
      await runUnmute(config, whoOf(Object.keys(config.clusters), options));
    });
  withExample(withConfig(command), "lagline unmute --cluster orders --group 'billing-*'");
}

function whoOf(clusters: readonly string[], { cluster, group, json }: WhoFlags) {
  return { cluster: pickCluster(clusters, cluster), groups: group, json, signal: interruptSignal(), print };
}
