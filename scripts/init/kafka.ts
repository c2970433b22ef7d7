/** What `lagline init` learns from the Kafka it is told of: whether Burrow will be able to read it, and its groups. */
import { dirname, resolve } from "node:path";
import { Admin } from "@platformatic/kafka";
import { LaglineError, describeError } from "../../model/errors.ts";
import { judgeKafka } from "../doctor/kafka-checks.ts";
import { readKafkaFacts } from "../doctor/kafka-facts.ts";
import { kafkaClientOptions } from "../kafka-admin/connection.ts";
import type { KafkaConnection } from "../kafka-admin/connection.ts";
import { atMost } from "../kafka-admin/waiting.ts";
import type { Answers } from "./answers.ts";

export type KafkaLook = {
  readonly groups: readonly string[];
  /** What was found, each as a sentence, those with something to do first. */
  readonly lines: readonly string[];
};

/** Reads only. Says what is wrong and goes on: the file is useful without proposals. */
export async function lookAtKafka(answers: Answers, out: string): Promise<KafkaLook> {
  const at = answers.bootstrapServers.join(", ");
  const connection = connectionOf(answers, dirname(resolve(out)));
  try {
    const facts = await readKafkaFacts(connection);
    const problems = judgeKafka(answers.bootstrapServers, facts)
      .filter(({ outcome }) => outcome === "broken")
      .flatMap(({ evidence, fix }) => [evidence, ...(fix === undefined ? [] : [`Do: ${fix}`])]);
    if (facts.kind === "failed") return { groups: [], lines: [...problems, NO_PROPOSALS] };
    const groups = await listGroups(connection);
    return { groups, lines: [...problems, groupsText(at, groups.length, problems.length > 0)] };
  } catch (error) {
    const reason = error instanceof LaglineError ? describeError(error) : String(error);
    return { groups: [], lines: [`Kafka at ${at} could not be asked: ${reason}`, NO_PROPOSALS] };
  }
}

const NO_PROPOSALS = "No policies are proposed; to have them, mend that, remove the file and run init again.";

/** A broker leaves out what the user may not describe, and says nothing about it. */
function groupsText(at: string, count: number, isRestricted: boolean): string {
  if (count > 0) return `Kafka at ${at} knows ${count} ${count === 1 ? "group" : "groups"}.`;
  return isRestricted
    ? `Kafka at ${at} shows this user no groups. ${NO_PROPOSALS}`
    : `Kafka at ${at} shows no groups: there are none yet, or this user may not describe them.`;
}

async function listGroups(connection: KafkaConnection): Promise<readonly string[]> {
  const admin = new Admin(await kafkaClientOptions(connection, "lagline-init"));
  try {
    return [...(await admin.listGroups()).keys()].filter((name) => !name.startsWith("burrow-"));
  } finally {
    await atMost(2000, admin.close());
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
