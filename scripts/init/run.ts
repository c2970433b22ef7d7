/** `lagline init`: writes a lagline.yaml for a Kafka that exists, and checks it. */
import { existsSync, writeFileSync } from "node:fs";
import { parseConfig } from "../../config/load.ts";
import { LaglineError } from "../../model/errors.ts";
import { loopbackProblems } from "../deploy/loopback.ts";
import type { Answers, InitFlags } from "./answers.ts";
import { completeAnswers } from "./answers.ts";
import { lookAtKafka } from "./kafka.ts";
import type { Ports } from "./ports.ts";
import { choosePorts } from "./ports.ts";
import { proposePolicies } from "./propose.ts";
import type { SecretFile } from "./secret-files.ts";
import { missingSecrets, writeSecrets } from "./secret-files.ts";
import type { Terminal } from "./terminal.ts";
import { openQuestions } from "./terminal.ts";
import { writeYaml } from "./yaml.ts";

export type InitOptions = {
  readonly flags: InitFlags;
  /** File to write; it must not exist. */
  readonly out: string;
  /** Where to ask; undefined asks nothing. */
  readonly terminal?: Terminal;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  /** @default the first free ones on this host */
  readonly choosePorts?: () => Promise<Ports>;
};

/** @throws LaglineError `LAGLINE_USAGE_INIT`, `LAGLINE_INIT_EXISTS`, or what `lagline check` would say. */
export async function runInit(options: InitOptions): Promise<void> {
  const { flags, out, terminal, signal, print } = options;
  if (existsSync(out)) {
    throw new LaglineError({
      code: "LAGLINE_INIT_EXISTS",
      message: `${out} exists and is left as it is.`,
      hint: "Name another file with --out, or change that one.",
    });
  }
  const answers = await answersFrom({ flags, out, terminal, signal });
  const ports = await (options.choosePorts ?? choosePorts)();
  // What the configuration refuses is said before Kafka is asked.
  parseConfig(writeYaml(answers, { proposals: [], ports }), out);
  const { groups, lines } = await lookAtKafka(answers, out);
  for (const line of lines) print(line);
  const text = writeYaml(answers, { proposals: proposePolicies(groups), ports });
  const notes = loopbackProblems(parseConfig(text, out));
  // Never over a file that somebody made meanwhile.
  writeFileSync(out, text, { flag: "wx" });
  print(`${out} is written and valid.`);
  for (const line of [...notes, ...nextSteps(missingSecrets(answers, out), out)]) print(line);
}

type Asking = Pick<InitOptions, "flags" | "out" | "signal"> & { readonly terminal: Terminal | undefined };

async function answersFrom({ flags, out, terminal, signal }: Asking): Promise<Answers> {
  if (terminal === undefined) return completeAnswers(flags, undefined);
  const questions = openQuestions(terminal, signal);
  try {
    const answers = await completeAnswers(flags, questions.ask);
    await writeSecrets(missingSecrets(answers, out), out, questions.askUnseen);
    return answers;
  } finally {
    questions.close();
  }
}

function nextSteps(missing: readonly SecretFile[], out: string): readonly string[] {
  const config = out === "lagline.yaml" ? "" : ` --config ${out}`;
  return [
    "Next:",
    ...missing.map(({ file, what }) => `  put the ${what} into ${file} (chmod 600)`),
    `  look through the policies in ${out}`,
    // The installed package cannot deploy; the repository can.
    ...(existsSync("scripts/up")
      ? [`  scripts/up${config}`, `  scripts/lagline doctor${config}`]
      : [`  lagline check${config}`, `  lagline doctor${config}`]),
  ];
}
