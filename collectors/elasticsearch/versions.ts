/** Which servers Lagline works with, and what is said of all others. Pure. */
import { LaglineError } from "../../model/errors.ts";

export type ServerVersion = {
  /** For example 9.2.0. */
  readonly number: string;
  /** OpenSearch and its like name themselves here. */
  readonly distribution: string | undefined;
};

/** Oldest version whose bulk API can insist on a data stream. */
const OLDEST = { major: 8, minor: 13 } as const;
/** Newest major version that this build was run against. */
const NEWEST_MAJOR = 9;
const HINT = "Lagline works with Elasticsearch 8.19 and 9; 8.13 is the oldest that has what it needs.";

/** Undefined for a server that Lagline works with. */
export function refusalOfVersion({ number, distribution }: ServerVersion): LaglineError | undefined {
  if (distribution !== undefined) {
    return new LaglineError({
      code: "LAGLINE_ELASTICSEARCH_FOREIGN",
      message: `This is ${distribution} ${number}, not Elasticsearch.`,
      hint: HINT,
    });
  }
  const [major = 0, minor = 0] = number.split(".").map(Number);
  if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
    return new LaglineError({
      code: "LAGLINE_ELASTICSEARCH_TOO_OLD",
      message: `Elasticsearch ${number} is too old.`,
      hint: HINT,
    });
  }
  if (major > NEWEST_MAJOR) {
    return new LaglineError({
      code: "LAGLINE_ELASTICSEARCH_TOO_NEW",
      message: `Elasticsearch ${number} is newer than this build of Lagline knows.`,
      hint: "Use a newer Lagline. Templates and policies that are there already stay as they are.",
    });
  }
  return undefined;
}

/**
 * What a bulk request learns of such a server: it does not know the parameter that keeps documents out of an index that
 * would be made on the spot. Null for any other reason.
 */
export function explainUnknownParameter(reason: string): string | null {
  return reason.includes("unrecognized parameter: [require_data_stream]")
    ? `(unrecognized parameter require_data_stream): it is older than ${OLDEST.major}.${OLDEST.minor}, or OpenSearch. Lagline works with Elasticsearch 8.19 and 9.`
    : null;
}
