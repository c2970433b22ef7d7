/** Why keys cannot be made, listed or revoked, as sentences with what to do. Pure. */
import { isMissingHandler } from "../../collectors/elasticsearch/detect.ts";
import { readFailure } from "../../collectors/elasticsearch/answers.ts";
import type { HttpAnswer } from "../../collectors/elasticsearch/client.ts";
import { LaglineError } from "../../model/errors.ts";

/** @returns a LaglineError `LAGLINE_KEYS_REFUSED`, or `LAGLINE_KEYS_UNAVAILABLE` where no right would help. */
export function refusedKeys(answer: HttpAnswer, intent: string): LaglineError {
  const { errorType, reason } = readFailure(answer.body);
  if (isMissingHandler(answer)) {
    return new LaglineError({
      code: "LAGLINE_KEYS_UNAVAILABLE",
      message: "This Elasticsearch runs without security, so it has no API keys and lets everybody in.",
      hint: "Set xpack.security.enabled to true on its nodes, or name no credentials in the configuration.",
    });
  }
  if (errorType === "feature_not_enabled_exception") {
    return new LaglineError({
      code: "LAGLINE_KEYS_UNAVAILABLE",
      message: "API keys are switched off in this Elasticsearch.",
      hint: "Set xpack.security.authc.api_key.enabled to true on its nodes, or use a user with the roles of elasticsearch/roles.json.",
    });
  }
  if (answer.status === 401) {
    return new LaglineError({
      code: "LAGLINE_KEYS_REFUSED",
      message: `Elasticsearch does not let the administrator in: ${reason}.`,
      hint: "Check the user name and the password; neither is read from the configuration.",
    });
  }
  if (/derived api keys/i.test(reason)) {
    return new LaglineError({
      code: "LAGLINE_KEYS_REFUSED",
      message:
        "The administrator's credentials are an API key themselves, and a key made by a key may do nothing.",
      hint: "Use a user with a password.",
    });
  }
  if (answer.status === 403) {
    return new LaglineError({
      code: "LAGLINE_KEYS_REFUSED",
      message: `The administrator may not ${intent}: ${reason}.`,
      hint: "Use a user with the cluster privilege manage_api_key (or manage_security), who has the privileges of elasticsearch/roles.json as well: a key may never do more than who makes it.",
    });
  }
  return new LaglineError({
    code: "LAGLINE_KEYS_FAILED",
    message: `Elasticsearch did not ${intent}: ${answer.status} ${errorType} ${reason}`.trim().slice(0, 600),
    hint: "The message is Elasticsearch's own; the same command can be run again.",
    retryable: answer.status === 429 || answer.status >= 500,
  });
}

export function unreadable(what: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_KEYS_FAILED",
    message: `Elasticsearch answered something else than expected. ${what}.`,
    hint: "Is a proxy in between? `lagline keys list` shows what there is; the same command can be run again.",
  });
}
