/** `lagline secrets rotate`: new passwords or certificates of a managed Elasticsearch, while everything runs. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../config/schema.ts";
import type { AccessUser } from "../../model/access.ts";
import { ACCESS_USER_NAMES } from "../../model/access.ts";
import { LaglineError } from "../../model/errors.ts";
import { deploymentDirectories } from "../deploy/directories.ts";
import { reloadGrafana } from "../deploy/reload-grafana.ts";
import { openElasticsearch } from "../search/search.ts";
import type { RotateOrder } from "./elasticsearch-keys.ts";
import { rotateElasticsearchKeys } from "./elasticsearch-keys.ts";
import { stageSecrets } from "./secrets.ts";

export type RotateOptions = {
  readonly order: RotateOrder;
  /** Whether containers of this environment run; without them there is nobody to wait for. */
  readonly isRunning: boolean;
  readonly signal: AbortSignal;
  readonly log: (sentence: string) => void;
};

/**
 * What the flags ask for; without any, every password.
 * @throws LaglineError `LAGLINE_USAGE_USER` for a user that there is not.
 */
export function parseOrder(flags: {
  readonly user: readonly string[];
  readonly certificates: boolean;
  readonly authority: boolean;
}): RotateOrder {
  const users = flags.user.map((name) => {
    const user = ACCESS_USER_NAMES.find((known) => known === name);
    if (user !== undefined) return user;
    throw new LaglineError({
      code: "LAGLINE_USAGE_USER",
      message: `There is no user ${JSON.stringify(name)}; there are ${ACCESS_USER_NAMES.join(", ")}.`,
    });
  });
  const { certificates, authority } = flags;
  const isEmpty = users.length === 0 && !certificates && !authority;
  return { users: isEmpty ? ACCESS_USER_NAMES : users, certificates, authority };
}

/** The node's loop and Elasticsearch itself look every five seconds each; a busy host takes longer. */
const TAKEN_WITHIN_MS = 90_000;
const POLL_MS = 250;

/**
 * Elasticsearch takes the new files first. The collector keeps the old ones until it is refused, and then reads the new;
 * Grafana is told as soon as they are valid, so that it is without an answer for less than a second.
 * @throws LaglineError `LAGLINE_SECRETS_NOT_TAKEN` when Elasticsearch does not take them in time.
 */
export async function rotateSecrets(config: Config, options: RotateOptions): Promise<void> {
  const { order, isRunning, signal, log } = options;
  if (config.elasticsearch.managed?.security.enabled !== true) {
    throw new LaglineError({
      code: "LAGLINE_USAGE_ROTATE",
      message: "There is nothing to rotate here: this Elasticsearch is external, or its security is off.",
      hint: "Write the new secret into the file that the configuration names; what runs reads it by itself, and `scripts/up` stages it.",
    });
  }
  for (const sentence of rotateElasticsearchKeys(config, order)) log(sentence);
  const changed = stageSecrets(config, deploymentDirectories(config).secrets);
  if (!isRunning) {
    log("Nothing runs; the next `scripts/up` uses them.");
    return;
  }
  await waitUntilTaken(config, order, signal);
  log("Elasticsearch takes them; the collector follows at its next refusal, without a restart.");
  if (await reloadGrafana(config, { changed, signal })) log("Grafana has read them.");
}

async function waitUntilTaken(config: Config, order: RotateOrder, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + TAKEN_WITHIN_MS;
  const users: readonly AccessUser[] = order.users.length === 0 ? ["reader"] : order.users;
  for (const user of users) {
    for (;;) {
      const problem = await tryUser(config, user, signal);
      if (problem === undefined) break;
      if (performance.now() > endMs) {
        throw new LaglineError({
          code: "LAGLINE_SECRETS_NOT_TAKEN",
          message: `Elasticsearch did not take the new secrets within ${TAKEN_WITHIN_MS / 1000} s: ${problem}`,
          hint: "They are staged; its log says more, and a restart of its container reads them too.",
          retryable: true,
        });
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

/** Undefined when the user is let in over a trusted connection. */
async function tryUser(config: Config, user: AccessUser, signal: AbortSignal): Promise<string | undefined> {
  // A connection of its own: one that is kept alive would not be checked against a new authority.
  const http = await openElasticsearch(config, user);
  try {
    const { status } = await http.request({ method: "GET", path: "/_security/_authenticate", signal });
    return status === 200 ? undefined : `it answers ${status} to the user ${user}.`;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : "no answer.";
  } finally {
    await http.close();
  }
}
