/**
 * Runs cdktf with the environment that every verb needs, destroy included: `npm run cdktf -- diff network`. Without it,
 * Terraform would ask questions that nobody answers, or look for the provider where it cannot be had.
 */
import { loadConfig } from "../config/load.ts";
import { describeError } from "../model/errors.ts";
import { runCdktf } from "./deploy/cdktf-run.ts";

try {
  const loaded = loadConfig(process.env["LAGLINE_CONFIG"] ?? "lagline.yaml");
  process.exitCode = await runCdktf(loaded, process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 2;
}
