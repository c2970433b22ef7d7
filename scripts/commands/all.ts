/** Every command of `lagline`, in the order of its help. */
import type { Command } from "commander";
import { addAlertCommands } from "./alerts.ts";
import { addAnnotationCommands } from "./annotations.ts";
import { addConfigurationCommands } from "./configuration.ts";
import { addDeadLetterCommands } from "./dead-letters.ts";
import { addDeploymentCommands } from "./deployment.ts";
import { addImportCommands } from "./importing.ts";
import { addKafkaCommands } from "./kafka.ts";
import { addKeyCommands } from "./keys.ts";
import { addNotifyCommand } from "./notify.ts";
import { addPipelineCommands } from "./pipeline.ts";
import { addPolicyCommands } from "./policies.ts";
import { addReadingCommands } from "./reading.ts";
import { addRetentionCommand } from "./retention.ts";

export const ALL_COMMANDS: readonly ((program: Command) => void)[] = [
  addConfigurationCommands,
  addKeyCommands,
  addPipelineCommands,
  addRetentionCommand,
  addImportCommands,
  addKafkaCommands,
  addReadingCommands,
  addPolicyCommands,
  addAnnotationCommands,
  addAlertCommands,
  addDeadLetterCommands,
  addNotifyCommand,
  addDeploymentCommands,
];
