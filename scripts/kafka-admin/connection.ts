/** How to reach a Kafka cluster: the same words as in lagline.yaml, turned into options of the client library. */
import { readFile } from "node:fs/promises";
import type { BaseOptions } from "@platformatic/kafka";
import type { ExternalKafka } from "../../config/kafka-schema.ts";
import { LaglineError } from "../../model/errors.ts";

export type KafkaConnection = {
  readonly bootstrapServers: readonly string[];
  readonly tls?: ExternalKafka["tls"];
  readonly sasl?: ExternalKafka["sasl"];
};

/** A connection attempt or request that takes longer than this failed; callers retry until their own deadline. */
const REQUEST_TIMEOUT_MS = 5000;

/** What every client of the library takes, secrets read. Retries are off: the callers decide when to try again. */
export type KafkaClientOptions = BaseOptions & { readonly retries: false };

/**
 * Reads certificates and password and builds client options.
 * @throws LaglineError `LAGLINE_KAFKA_FILE` naming the file that could not be read, never its content.
 */
export async function kafkaClientOptions(
  connection: KafkaConnection,
  clientId: string,
): Promise<KafkaClientOptions> {
  const [tls, sasl] = await Promise.all([tlsOptions(connection.tls), saslOptions(connection.sasl)]);
  return {
    clientId,
    bootstrapBrokers: [...connection.bootstrapServers],
    connectTimeout: REQUEST_TIMEOUT_MS,
    timeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retries: false,
    ...tls,
    ...sasl,
  };
}

async function tlsOptions(tls: KafkaConnection["tls"]): Promise<Pick<BaseOptions, "tls" | "tlsServerName">> {
  if (tls === undefined) return {};
  const [ca, cert, key] = await Promise.all([
    readOptional(tls.ca_file, "certificate authority"),
    readOptional(tls.certificate_file, "client certificate"),
    readOptional(tls.key_file, "client key"),
  ]);
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    // Without it Node sends and checks each broker's own host name, and checks an address as an address.
    ...(tls.server_name === undefined ? {} : { tlsServerName: tls.server_name }),
  };
}

async function saslOptions(sasl: KafkaConnection["sasl"]): Promise<Pick<BaseOptions, "sasl">> {
  if (sasl === undefined) return {};
  const password = await readSecretFile(sasl.password_file, "password");
  return {
    sasl: { mechanism: sasl.mechanism, username: sasl.username, password: password.replace(/\r?\n$/, "") },
  };
}

async function readOptional(path: string | undefined, what: string): Promise<string | undefined> {
  return path === undefined ? undefined : readSecretFile(path, what);
}

async function readSecretFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new LaglineError({
      code: "LAGLINE_KAFKA_FILE",
      message: `The Kafka ${what} file ${path} cannot be read: ${errorCode(error)}.`,
      hint: "Check that the file exists and that this user may read it.",
    });
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
