/** `lagline init`: writes a lagline.yaml for a Kafka that exists, and checks it. */
import { existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Admin } from "@platformatic/kafka";
import { parseConfig } from "../../config/load.ts";
import { LaglineError, describeError } from "../../model/errors.ts";
import { loopbackProblems } from "../deploy/loopback.ts";
import { kafkaClientOptions } from "../kafka-admin/connection.ts";
import type { KafkaConnection } from "../kafka-admin/connection.ts";
import { kafkaReasonText } from "../kafka-admin/failures.ts";
import { atMost } from "../kafka-admin/waiting.ts";
import type { Answers, Ask, InitFlags } from "./answers.ts";
import { completeAnswers } from "./answers.ts";
import { proposePolicies } from "./propose.ts";
import { writeYaml } from "./yaml.ts";

export type InitOptions = {
  readonly flags: InitFlags;
  /** File to write; it must not exist. */
  readonly out: string;
  /** Where to ask; undefined asks nothing. */
  readonly terminal?: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream };
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
};

/** @throws LaglineError `LAGLINE_USAGE_INIT`, `LAGLINE_INIT_EXISTS`, or what `lagline check` would say. */
export async function runInit({ flags, out, terminal, signal, print }: InitOptions): Promise<void> {
  if (existsSync(out)) {
    throw new LaglineError({
      code: "LAGLINE_INIT_EXISTS",
      message: `${out} exists and is left as it is.`,
      hint: "Name another file with --out, or change that one.",
    });
  }
  const answers = await answersFrom(flags, terminal, signal);
  const groups = await readGroups(answers, { directory: dirname(resolve(out)), print });
  const text = writeYaml(answers, proposePolicies(groups));
  const notes = loopbackProblems(parseConfig(text, out));
  // Never over a file that somebody made meanwhile.
  writeFileSync(out, text, { flag: "wx" });
  print(`${out} is written and valid.`);
  for (const line of [...notes, ...nextSteps(answers, out)]) print(line);
}

async function answersFrom(
  flags: InitFlags,
  terminal: InitOptions["terminal"],
  signal: AbortSignal,
): Promise<Answers> {
  if (terminal === undefined) return completeAnswers(flags, undefined);
  const lines = createInterface(terminal);
  const ask: Ask = async (question, fallback) => {
    const answer = await lines.question(`${question}${fallback === "" ? "" : ` [${fallback}]`}: `, {
      signal,
    });
    return answer.trim() === "" ? fallback : answer.trim();
  };
  try {
    return await completeAnswers(flags, ask);
  } finally {
    lines.close();
  }
}

/** Names of the groups that Kafka knows; none, with a sentence, where it cannot be asked: the file is useful without. */
async function readGroups(
  answers: Answers,
  { directory, print }: { readonly directory: string; readonly print: (line: string) => void },
): Promise<readonly string[]> {
  const at = answers.bootstrapServers.join(", ");
  let admin: Admin | undefined;
  try {
    admin = new Admin(await kafkaClientOptions(connectionOf(answers, directory), "lagline-init"));
    const groups = [...(await admin.listGroups()).keys()].filter((name) => !name.startsWith("burrow-"));
    print(`Kafka at ${at} knows ${groups.length} groups.`);
    return groups;
  } catch (error) {
    const reason = error instanceof LaglineError ? describeError(error) : `${kafkaReasonText(error)}.`;
    print(`Kafka at ${at} could not be asked for its groups, so no policies are proposed: ${reason}`);
    return [];
  } finally {
    if (admin !== undefined) await atMost(2000, admin.close());
  }
}

/** Paths in the file start at its folder. */
function connectionOf({ bootstrapServers, sasl, tls }: Answers, directory: string): KafkaConnection {
  const path = (file: string): string => resolve(directory, file);
  return {
    bootstrapServers,
    ...(tls === undefined ? {} : { tls: tls.caFile === undefined ? {} : { ca_file: path(tls.caFile) } }),
    ...(sasl === undefined
      ? {}
      : {
          sasl: {
            mechanism: sasl.mechanism,
            username: sasl.username,
            password_file: path(sasl.passwordFile),
          },
        }),
  };
}

function nextSteps({ sasl, elasticsearch }: Answers, out: string): readonly string[] {
  const files = [sasl?.passwordFile, elasticsearch?.apiKeyFile].filter((file) => file !== undefined);
  const config = out === "lagline.yaml" ? "" : ` --config ${out}`;
  return [
    "Next:",
    ...(files.length === 0 ? [] : [`  put the secrets into ${files.join(" and ")} (mode 0600)`]),
    `  look through the policies in ${out}`,
    // The installed package cannot deploy; the repository can.
    ...(existsSync("scripts/up")
      ? [`  scripts/up${config}`, `  scripts/lagline doctor${config}`]
      : [`  lagline check${config}`, `  lagline doctor${config}`]),
  ];
}
