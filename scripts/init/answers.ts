/** What `lagline init` must know about an existing Kafka, from flags first and from questions where a person is there. */
import { LaglineError } from "../../model/errors.ts";

export const MECHANISMS = ["none", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;
export type Mechanism = (typeof MECHANISMS)[number];

/** As given on the command line; undefined is not said. */
export type InitFlags = {
  readonly environment?: string;
  readonly cluster?: string;
  readonly bootstrapServers?: string;
  readonly saslMechanism?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly tls?: boolean;
  readonly caFile?: string;
  readonly elasticsearchUrl?: string;
  readonly apiKeyFile?: string;
};

export type Answers = {
  readonly environment: string;
  readonly cluster: string;
  readonly bootstrapServers: readonly string[];
  readonly sasl?: {
    readonly mechanism: Exclude<Mechanism, "none">;
    readonly username: string;
    readonly passwordFile: string;
  };
  readonly tls?: { readonly caFile?: string };
  /** Left out: one is deployed. */
  readonly elasticsearch?: { readonly url: string; readonly apiKeyFile?: string };
};

/** Asks a person; gives the default on an empty answer. */
export type Ask = (question: string, fallback: string) => Promise<string>;

const PASSWORD_FILE = "secrets/kafka-password";

/**
 * Completes the flags by questions, or by defaults where nobody can be asked.
 * @throws LaglineError `LAGLINE_USAGE_INIT` with every flag that is missing or wrong.
 */
export async function completeAnswers(flags: InitFlags, ask: Ask | undefined): Promise<Answers> {
  refuse(problemsOf(flags, ask === undefined));
  const answer = async (given: string | undefined, question: string, fallback: string): Promise<string> =>
    given ?? (await ask?.(question, fallback)) ?? fallback;
  const servers = await answer(
    flags.bootstrapServers,
    "Kafka bootstrap servers (host:port, …)",
    "localhost:9092",
  );
  const cluster = await answer(flags.cluster, "A name for this Kafka cluster, in lower case", "main");
  const environment = await answer(flags.environment, "A name for this installation", "prod");
  const mechanism = await answer(flags.saslMechanism, `SASL mechanism (${MECHANISMS.join(", ")})`, "none");
  refuse(problemsOf({ ...flags, saslMechanism: mechanism }, false));
  const sasl =
    isMechanism(mechanism) && mechanism !== "none"
      ? {
          mechanism,
          username: await answer(flags.username, "Kafka user", "lagline"),
          passwordFile: await answer(flags.passwordFile, "File of its password", PASSWORD_FILE),
        }
      : undefined;
  const usesTls = flags.tls ?? flags.caFile !== undefined;
  const tls =
    usesTls ||
    isYes((await ask?.("Does Kafka speak TLS? (yes, no)", mechanism === "none" ? "no" : "yes")) ?? "no");
  const caFile = tls
    ? await answer(flags.caFile, "File of its certificate authority; empty: the system's", "")
    : "";
  const url = await answer(
    flags.elasticsearchUrl,
    "Address of your Elasticsearch; empty: deploy one here",
    "",
  );
  const apiKeyFile = url === "" ? "" : await answer(flags.apiKeyFile, "File of its API key; empty: none", "");
  return {
    environment,
    cluster,
    bootstrapServers: listOf(servers),
    ...(sasl === undefined ? {} : { sasl }),
    ...(tls ? { tls: caFile === "" ? {} : { caFile } } : {}),
    ...(url === "" ? {} : { elasticsearch: { url, ...(apiKeyFile === "" ? {} : { apiKeyFile }) } }),
  };
}

const listOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter(Boolean);
const isYes = (text: string): boolean => /^(y|yes|true)$/i.test(text.trim());
const isMechanism = (text: string): text is Mechanism => MECHANISMS.some((known) => known === text);

function problemsOf(flags: InitFlags, needsServers: boolean): readonly string[] {
  const mechanism = flags.saslMechanism;
  const problems: string[] = [];
  if (needsServers && flags.bootstrapServers === undefined) {
    problems.push("--bootstrap-servers is missing, and there is no terminal to ask at");
  }
  if (mechanism !== undefined && !isMechanism(mechanism)) {
    problems.push(
      `--sasl-mechanism must be one of ${MECHANISMS.join(", ")}, got ${JSON.stringify(mechanism)}: Burrow speaks no other`,
    );
  }
  if ((flags.username !== undefined || flags.passwordFile !== undefined) && mechanism === "none") {
    problems.push("--username and --password-file need --sasl-mechanism");
  }
  if (flags.tls === false && flags.caFile !== undefined)
    problems.push("--ca-file needs TLS, but --no-tls is given");
  if (flags.apiKeyFile !== undefined && flags.elasticsearchUrl === undefined) {
    problems.push("--api-key-file needs --elasticsearch-url");
  }
  return problems;
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new LaglineError({
    code: "LAGLINE_USAGE_INIT",
    message: `${problems.join(".\n")}.`,
    hint: "`lagline init --help` shows an example.",
  });
}
