/** Files with secrets that the answers name: which are missing, and how they come to be. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Answers } from "./answers.ts";

export type SecretFile = {
  /** As written in lagline.yaml. */
  readonly file: string;
  readonly what: string;
};

/** Paths start at the folder of `out`. */
export function missingSecrets({ sasl, elasticsearch }: Answers, out: string): readonly SecretFile[] {
  const files: readonly (SecretFile | undefined)[] = [
    sasl === undefined
      ? undefined
      : { file: sasl.passwordFile, what: `password of the Kafka user ${sasl.username}` },
    elasticsearch?.apiKeyFile === undefined
      ? undefined
      : { file: elasticsearch.apiKeyFile, what: "API key of Elasticsearch" },
  ];
  return files.filter((each) => each !== undefined).filter(({ file }) => !existsSync(pathOf(file, out)));
}

/** Asks for each that is missing and writes it, readable for this user only; an empty answer leaves it out. */
export async function writeSecrets(
  missing: readonly SecretFile[],
  out: string,
  askUnseen: (question: string) => Promise<string>,
): Promise<void> {
  for (const { file, what } of missing) {
    const secret = await askUnseen(`The ${what}, not shown; empty: put it into ${file} yourself`);
    if (secret === "") continue;
    const path = pathOf(file, out);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Never over a file that somebody made meanwhile.
    writeFileSync(path, `${secret}\n`, { flag: "wx", mode: 0o600 });
  }
}

const pathOf = (file: string, out: string): string => resolve(dirname(resolve(out)), file);
