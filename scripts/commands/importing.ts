/** `lagline import-telegraf`: from an existing telegraf.conf to lagline.yaml. */
import type { Command } from "commander";
import { Option } from "commander";
import { DEFAULT_CONFIG, withExample } from "./options.ts";

type ImportFlags = {
  readonly out: string;
  readonly environment: string;
  readonly defects: "keep" | "fix";
  readonly cluster: readonly string[];
  readonly offline: boolean;
  readonly writeSecrets: boolean;
  readonly json: boolean;
};

export function addImportCommands(program: Command): void {
  const command = program
    .command("import-telegraf")
    .description(
      "Write a lagline.yaml from a telegraf.conf with inputs.burrow and outputs.elasticsearch, and say what was not carried over.",
    )
    .argument("<files...>", "telegraf.conf, and files of telegraf.d that belong to it")
    .option("--out <file>", "file to write", DEFAULT_CONFIG)
    .option("--environment <name>", "name for this installation", "prod")
    .option(
      "--cluster <names...>",
      "Kafka clusters to read, as Burrow calls them; left out: Burrow is asked",
      [],
    )
    .option("--offline", "do not ask Burrow for its clusters", false)
    .option(
      "--write-secrets",
      "write secrets of telegraf.conf into files of their own, readable by you only",
      false,
    )
    .option("--json", "print JSON", false)
    .addOption(
      new Option("--defects <form>", "what Telegraf writes wrongly: keep or fix")
        .choices(["keep", "fix"])
        .default("fix"),
    )
    .action(async (files: readonly string[], { cluster, offline, ...flags }: ImportFlags) => {
      const { importTelegraf } = await import("../telegraf/import/run.ts");
      await importTelegraf({
        ...flags,
        files,
        clusters: cluster,
        online: !offline,
        env: process.env,
        print: (line) => void process.stdout.write(`${line}\n`),
      });
    });
  withExample(
    command,
    "lagline import-telegraf /etc/telegraf/telegraf.conf --out lagline.yaml",
    "lagline import-telegraf telegraf.conf telegraf.d/burrow.conf --cluster orders --offline --out orders.yaml",
  );
}
