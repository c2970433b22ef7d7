/** Small secrets in files, read when they are needed, so that they can be rotated without a restart. */
import { readFile } from "node:fs/promises";
import { LaglineError } from "../../model/errors.ts";

const MINIMUM_TOKEN_LENGTH = 16;

/** Null where there is no file, or nothing in it. */
export async function readSecret(file: string | undefined): Promise<string | null> {
  if (file === undefined) return null;
  try {
    const text = (await readFile(file, "utf8")).trim();
    return text === "" ? null : text;
  } catch {
    return null;
  }
}

/** @throws LaglineError `LAGLINE_CONFIG_RELAY_TOKEN` */
export async function readToken(file: string): Promise<string> {
  const token = await readSecret(file);
  if (token !== null && token.length >= MINIMUM_TOKEN_LENGTH) return token;
  throw new LaglineError({
    code: "LAGLINE_CONFIG_RELAY_TOKEN",
    message: `The file ${file} of alerts.relay.token_file holds no token of ${MINIMUM_TOKEN_LENGTH} or more characters.`,
    hint: "`lagline secrets init` creates one; Grafana needs the same.",
  });
}
