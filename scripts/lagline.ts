/**
 * The `lagline` command. Every subcommand loads its own code when it runs, so that the collector's start does not pay
 * for the deployment's libraries. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
 */
import { addAlertCommands } from "./commands/alerts.ts";
import { addAnnotationCommands } from "./commands/annotations.ts";
import { addConfigurationCommands } from "./commands/configuration.ts";
import { addDeadLetterCommands } from "./commands/dead-letters.ts";
import { addDeploymentCommands } from "./commands/deployment.ts";
import { addImportCommands } from "./commands/importing.ts";
import { addKafkaCommands } from "./commands/kafka.ts";
import { addNotifyCommand } from "./commands/notify.ts";
import { addPipelineCommands } from "./commands/pipeline.ts";
import { addPolicyCommands } from "./commands/policies.ts";
import { addReadingCommands } from "./commands/reading.ts";
import { runProgram } from "./program.ts";

await runProgram([
  addConfigurationCommands,
  addPipelineCommands,
  addImportCommands,
  addKafkaCommands,
  addReadingCommands,
  addPolicyCommands,
  addAnnotationCommands,
  addAlertCommands,
  addDeadLetterCommands,
  addNotifyCommand,
  addDeploymentCommands,
]);
