/** The lists of groups and topics: filtered, sorted (Burrow sends them in random order), bounded, without doubles. */
import type { LimitName, ScrapeProblem } from "../../model/snapshot.ts";
import type { BurrowClient } from "./client.ts";
import type { NameFilter } from "./filters.ts";
import { clusterPath, sentenceStart, showName, unreachableReason } from "./names.ts";
import { describeIssues, groupList, topicList } from "./schema.ts";

export type ReadNamesOptions = {
  readonly client: BurrowClient;
  readonly cluster: string;
  readonly prefix: string;
  readonly list: "topic" | "consumer";
  readonly isWanted: NameFilter;
  readonly limits: { readonly groups: number; readonly topics: number; readonly nameCharacters: number };
  readonly signal: AbortSignal;
};

export type ListedNames = {
  /** Names that can be asked for, sorted. */
  readonly names: readonly string[];
  /** Wanted names that Burrow's HTTP server cannot serve, with the reason. */
  readonly unreachable: ReadonlyMap<string, ScrapeProblem>;
  /** False when no list came, or none that can be used. */
  readonly isRead: boolean;
  /** True when the list was read whole, so that absence from it means something. */
  readonly complete: boolean;
  readonly problems: readonly ScrapeProblem[];
};

const NOTHING = { names: [], unreachable: new Map(), isRead: false, complete: false } as const;

export async function readNames(options: ReadNamesOptions): Promise<ListedNames> {
  const what = options.list === "topic" ? "topic" : "group";
  const subject = { scope: "cluster", name: `list of ${what}s` } as const;
  const path = `${clusterPath(options.prefix, options.cluster)}/${options.list}`;
  const answer = await options.client.get(path, subject, options.signal);
  if (!answer.ok) {
    return { ...NOTHING, problems: [answer.problem] };
  }
  const parsed = entriesOf(answer.body, options.list);
  if (!parsed.ok) {
    const start = sentenceStart({ ...options, server: options.client.server, what: `list of ${what}s` });
    const detail = `${start} sent an answer that cannot be used: ${parsed.reason}.`;
    return { ...NOTHING, problems: [{ kind: "schema", scope: "cluster", name: subject.name, detail }] };
  }
  return sift(parsed.entries, options, what);
}

type Entries = { ok: true; entries: readonly unknown[] } | { ok: false; reason: string };

function entriesOf(body: unknown, list: "topic" | "consumer"): Entries {
  if (list === "topic") {
    const parsed = topicList.safeParse(body);
    return parsed.success
      ? { ok: true, entries: parsed.data.topics ?? [] }
      : { ok: false, reason: describeIssues(parsed.error) };
  }
  const parsed = groupList.safeParse(body);
  return parsed.success
    ? { ok: true, entries: parsed.data.consumers ?? [] }
    : { ok: false, reason: describeIssues(parsed.error) };
}

function sift(entries: readonly unknown[], options: ReadNamesOptions, what: "topic" | "group"): ListedNames {
  const problems: ScrapeProblem[] = [];
  const complain = (kind: ScrapeProblem["kind"], detail: string, limit?: LimitName): void => {
    const start = sentenceStart({ ...options, server: options.client.server, what: `list of ${what}s` });
    problems.push({
      kind,
      scope: "cluster",
      name: `list of ${what}s`,
      detail: `${start} sent ${detail}.`,
      ...(limit === undefined ? {} : { limit }),
    });
  };
  const strings = entries.filter((entry) => typeof entry === "string");
  if (strings.length < entries.length) {
    complain("schema", `${entries.length - strings.length} entries that are not text`);
  }
  const unique = new Set(strings);
  if (unique.size < strings.length) {
    complain("duplicate", `${strings.length - unique.size} names more than once`);
  }
  const names: string[] = [];
  const unreachable = new Map<string, ScrapeProblem>();
  for (const name of unique) {
    if (!options.isWanted(name)) {
      continue;
    }
    const reason = unreachableReason(name, options.limits.nameCharacters);
    if (reason === null) {
      names.push(name);
    } else {
      unreachable.set(name, unreachableProblem({ options, what, name, reason }));
    }
  }
  names.sort();
  const limit = what === "group" ? options.limits.groups : options.limits.topics;
  const complete = strings.length === entries.length && names.length <= limit;
  if (names.length > limit) {
    complain("limit", `${names.length} names, of which only the first ${limit} are read`, "groups");
    names.length = limit;
  }
  return { names, unreachable, isRead: true, complete, problems };
}

function unreachableProblem(about: {
  options: ReadNamesOptions;
  what: "topic" | "group";
  name: string;
  reason: string;
}): ScrapeProblem {
  const { options, what, name, reason } = about;
  return {
    kind: "unreachable_name",
    scope: what,
    name,
    detail: `${sentenceStart({ ...options, server: options.client.server, what: `${what} ${showName(name)}` })} cannot serve it: ${reason}.`,
    ...(name.length > options.limits.nameCharacters ? { limit: "name_characters" as const } : {}),
  };
}
