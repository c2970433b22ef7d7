/** Which programs have an API key, what each may do, and the file that its key belongs into. Pure. */
import { documentsIndex } from "../../config/documents-index.ts";
import { externalApiKeyFile } from "../../config/elasticsearch-access.ts";
import type { Config } from "../../config/schema.ts";
import type { AccessRoleName, RoleDescriptor } from "../../model/access.ts";
import { ACCESS_USERS, elasticsearchRole, roleDescriptor } from "../../model/access.ts";
import { LaglineError } from "../../model/errors.ts";
import { usesRelay } from "../../stacks/files/relay-files.ts";
import { usesOwnRetention } from "../../stacks/own-retention.ts";

export const KEY_PROGRAMS = ["collector", "setup", "retention", "reader", "grafana", "relay"] as const;
export type KeyProgram = (typeof KEY_PROGRAMS)[number];

export type KeyTarget = {
  readonly program: KeyProgram;
  /** Name of the key in Elasticsearch; every key of this program in this environment has it. */
  readonly name: string;
  readonly role: AccessRoleName;
  /** As Elasticsearch's API takes them: those of `elasticsearch/roles.json`. */
  readonly descriptors: Readonly<Record<string, RoleDescriptor>>;
  readonly file: string;
  /** Setting that names the file. */
  readonly setting: string;
  /** Grafana's file holds the whole value of the header. */
  readonly prefix: "" | "ApiKey ";
};

export function keyName(environment: string, program: KeyProgram | ""): string {
  return `lagline-${environment}-${program}`;
}

/** Programs for which this configuration names a file. */
export function keyTargets(config: Config): readonly KeyTarget[] {
  return KEY_PROGRAMS.flatMap((program) => {
    const place = placeOf(config, program);
    if (place === undefined) return [];
    const role = ACCESS_USERS[program];
    const descriptor = roleDescriptor(role, [documentsIndex(config).search]);
    return [
      {
        program,
        role,
        name: keyName(config.environment, program),
        descriptors: { [elasticsearchRole(role)]: descriptor },
        prefix: program === "grafana" ? ("ApiKey " as const) : ("" as const),
        ...place,
      },
    ];
  });
}

/**
 * The named ones, or all.
 * @throws LaglineError `LAGLINE_USAGE_KEYS` for an Elasticsearch that has no keys by file, a program that there is not,
 * and one without a file.
 */
export function pickTargets(config: Config, names: readonly string[]): readonly KeyTarget[] {
  if (config.elasticsearch.external === undefined) {
    throw new LaglineError({
      code: "LAGLINE_USAGE_KEYS",
      message:
        "A managed Elasticsearch has users with passwords, made and rotated by `lagline secrets`; API keys are for one of your own.",
      hint: "Set elasticsearch.external, or use `lagline secrets rotate`.",
    });
  }
  const targets = keyTargets(config);
  const problems = names.flatMap((name) => {
    if (!KEY_PROGRAMS.some((program) => program === name)) {
      return [`There is no program ${JSON.stringify(name)}; there are ${KEY_PROGRAMS.join(", ")}.`];
    }
    return targets.some(({ program }) => program === name)
      ? []
      : [`The configuration names no file for the API key of the ${name}.`];
  });
  if (targets.length === 0 && problems.length === 0) {
    problems.push("The configuration names no file for an API key.");
  }
  if (problems.length > 0) {
    throw new LaglineError({
      code: "LAGLINE_USAGE_KEYS",
      message: problems.join(" "),
      hint: "Set elasticsearch.external.api_keys_directory for a key per program, or api_key_file for the collector's alone.",
    });
  }
  return names.length === 0 ? targets : targets.filter(({ program }) => names.includes(program));
}

type Place = Pick<KeyTarget, "file" | "setting">;

function placeOf(config: Config, program: KeyProgram): Place | undefined {
  const { external } = config.elasticsearch;
  if (external === undefined) return undefined;
  const own = config.grafana.elasticsearch;
  if (program === "grafana" && own.api_key_file !== undefined) {
    return { file: own.api_key_file, setting: "grafana.elasticsearch.api_key_file" };
  }
  const hasOther = own.username !== undefined || own.password_file !== undefined;
  if (program === "grafana" && hasOther) return undefined;
  if (program === "relay" && !usesRelay(config)) return undefined;
  if (program === "retention" && !usesOwnRetention(config)) return undefined;
  // One file for all programs is the collector's: whoever reads documents with it too needs more than it may do.
  if (external.api_keys_directory === undefined && program !== "collector") return undefined;
  const file = externalApiKeyFile(config, program);
  if (file === undefined) return undefined;
  const setting = external.api_keys_directory === undefined ? "api_key_file" : "api_keys_directory";
  return { file, setting: `elasticsearch.external.${setting}` };
}
