/** Makes a key, tries it and writes it down: in this order, so that the file never holds a key that does not work. */
import type { ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { readFailure } from "../../collectors/elasticsearch/answers.ts";
import { describeError, LaglineError } from "../../model/errors.ts";
import { LAGLINE_VERSION } from "../../stacks/versions.ts";
import { createKey, lackingPrivileges, revokeKeys } from "./key-api.ts";
import type { NewKey } from "./key-api.ts";
import { heldKeyId, requireWritable, writeKey } from "./key-file.ts";
import type { KeyTarget } from "./programs.ts";

export type KeyRun = {
  readonly environment: string;
  /** As the administrator. */
  readonly http: Pick<ElasticsearchHttp, "request">;
  /** A connection of its own that uses the key. */
  readonly openWithKey: (encoded: string) => Promise<Pick<ElasticsearchHttp, "request" | "close">>;
  /** Name of this host, which tells its keys from those for files of others. */
  readonly host: string;
  readonly signal: AbortSignal;
  readonly log: (sentence: string) => void;
};

/** Revoking what just failed must not wait for as long as the failure did, nor be stopped by Ctrl-C. */
const CLEAN_UP_MS = 10_000;

/**
 * A new key in the target's file. Whatever fails, the file keeps what it held and the new key is revoked; a process that
 * is killed leaves a key that nobody has, which the next rotation revokes.
 * @returns the key's id.
 */
export async function issueKey(run: KeyRun, target: KeyTarget, expiresDays: number | null): Promise<string> {
  requireWritable(target.file);
  const key = await createKey(
    run.http,
    {
      name: target.name,
      descriptors: target.descriptors,
      expiresDays,
      origin: {
        environment: run.environment,
        program: target.program,
        version: LAGLINE_VERSION,
        host: run.host,
        file: target.file,
      },
    },
    run.signal,
  );
  try {
    await proveKey(run, target, key);
    run.signal.throwIfAborted();
    writeKey(target.file, `${target.prefix}${key.encoded}`);
    if (heldKeyId(target.file) !== key.id)
      throw notProven(target, "the file holds another key than was written");
  } catch (error) {
    await discard(run, key);
    throw error;
  }
  const lasts = expiresDays === null ? "without an end" : `for ${expiresDays} days`;
  run.log(`${target.program}: new key ${key.id} works, lasts ${lasts}, and is in ${target.file}.`);
  return key.id;
}

/** @throws LaglineError `LAGLINE_KEYS_NOT_PROVEN` with what it lacks. */
async function proveKey(run: KeyRun, target: KeyTarget, key: NewKey): Promise<void> {
  const http = await run.openWithKey(key.encoded);
  try {
    const path = "/_security/_authenticate";
    const { status, body } = await http.request({ method: "GET", path, signal: run.signal });
    if (status !== 200) throw notProven(target, `it is answered ${status} ${readFailure(body).reason}`);
    const lacks = await lackingPrivileges(http, target.descriptors, run.signal);
    if (lacks.length > 0) {
      throw notProven(target, `it lacks ${lacks.join(", ")}, because the administrator does`);
    }
  } finally {
    await http.close();
  }
}

async function discard(run: KeyRun, { id }: NewKey): Promise<void> {
  try {
    await revokeKeys(run.http, [id], AbortSignal.timeout(CLEAN_UP_MS));
  } catch (error) {
    run.log(`The new key ${id} is in no file and could not be revoked: ${describeError(error)}`);
  }
}

function notProven({ program }: KeyTarget, why: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_KEYS_NOT_PROVEN",
    message: `The new key of the ${program} is of no use: ${why}. It was revoked, and the file is as it was.`,
    hint: "A key may never do more than who makes it: use a user with the privileges of elasticsearch/roles.json and manage_api_key.",
  });
}
