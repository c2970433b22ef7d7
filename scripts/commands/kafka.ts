/** `lagline topics`, `lagline demo`: what talks to Kafka itself. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { topics as topicsSchema } from "../../config/kafka-schema.ts";
import { LaglineError, describeError } from "../../model/errors.ts";
import { interruptSignal, wholeNumber, withExample } from "./options.ts";

export function addKafkaCommands(program: Command): void {
  addTopics(program);
  addDemo(program);
}

const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`);
const list = (text: string): string[] => text.split(",").filter(Boolean);

function addTopics(program: Command): void {
  const command = program
    .command("topics")
    .description("Give a Kafka its declared topics and make it ready for Burrow. Never shrinks or deletes.")
    .requiredOption("--bootstrap-servers <list>", "host:port, separated by commas", list)
    .requiredOption("--file <json>", "declared topics, as rendered in kafka/<cluster>/topics.json")
    .option("--brokers <count>", "wait until this many brokers have joined", wholeNumber("--brokers", 1), 1)
    .action(async (options: { bootstrapServers: string[]; file: string; brokers: number }) => {
      const { applyTopics } = await import("../kafka-admin/apply-topics.ts");
      const result = await applyTopics({
        bootstrapServers: options.bootstrapServers,
        topics: readTopicsFile(options.file),
        brokers: options.brokers,
        signal: interruptSignal(),
        log: say,
      });
      say(
        `Topics: ${result.created.length} created, ${result.grown.length} grown, ${result.changed.length} changed, ${result.unchanged.length} unchanged.`,
      );
    });
  withExample(command, "lagline topics --bootstrap-servers kafka-1:9092 --file topics.json");
}

function readTopicsFile(file: string) {
  try {
    return topicsSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new LaglineError({
      code: "LAGLINE_USAGE_TOPICS_FILE",
      message: `${file} does not hold declared topics: ${describeError(error)}`,
      hint: "`lagline render` writes it.",
    });
  }
}

type DemoFlags = {
  bootstrapServers: string[];
  seed: number;
  duration?: number;
  speed: number;
  settle: number;
  allowRemote: boolean;
};

function addDemo(program: Command): void {
  const command = program
    .command("demo")
    .description(
      "Play what lag looks like: producers and consumers on a Kafka of your own host or container network.",
    )
    .requiredOption("--bootstrap-servers <list>", "host:port, separated by commas", list)
    .option("--seed <number>", "same seed, same traffic", wholeNumber("--seed", 0), 1)
    .option("--duration <seconds>", "stop after this time", wholeNumber("--duration", 1))
    .option("--speed <factor>", "phases pass this many times faster", wholeNumber("--speed", 1), 1)
    .option(
      "--settle <seconds>",
      "after topics were created, let groups join so much later, so that Burrow knows the topics by then",
      wholeNumber("--settle", 0),
      0,
    )
    .option("--allow-remote", "allow a Kafka that is neither on this host nor in a container network", false)
    .action(async (options: DemoFlags) => {
      const { runDemo } = await import("../demo/run.ts");
      const result = await runDemo({
        bootstrapServers: options.bootstrapServers,
        seed: options.seed,
        speed: options.speed,
        settleSeconds: options.settle,
        allowRemote: options.allowRemote,
        ...(options.duration === undefined ? {} : { durationSeconds: options.duration }),
        signal: interruptSignal(),
        log: say,
      });
      say(
        `The demo ended (${result.ended}) after ${Math.round(result.seconds)} s: ${result.produced} messages produced, ${result.handled} handled.`,
      );
    });
  withExample(command, "lagline demo --bootstrap-servers 127.0.0.1:19092 --seed 7");
}
