/** `lagline notify` without the other commands: a kill test starts it many times. */
import { runNotify } from "../../alerts/relay/notify-command.ts";
import { loadConfig } from "../../config/load.ts";

process.exitCode = await runNotify(loadConfig(process.argv[2] ?? "").config, { version: "test" });
