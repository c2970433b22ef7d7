/** Judges what came back from one request: a body to use, or a problem that names server, cluster, subject and reason. */
import { AxiosError } from "axios";
import { describeLookup } from "../../model/lookup.ts";
import type { ScrapeProblem } from "../../model/snapshot.ts";
import { sentenceStart, showName } from "./names.ts";
import { envelope } from "./schema.ts";
import type { BurrowAnswer, RequestSubject } from "./client.ts";

export type RawAnswer =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly contentType: string;
      readonly location: string;
      readonly date: string;
      readonly body: Buffer;
      readonly sentMs: number;
      readonly receivedMs: number;
    }
  | {
      readonly kind: "failure";
      readonly error: unknown;
      /** `deadline`, `stop`, or null when nobody aborted. */
      readonly aborted: string | null;
    };

export type About = RequestSubject & {
  readonly server: string;
  readonly cluster: string;
  readonly timeoutMs: number;
};

/** Turns an answer into its JSON body, or into a problem. 404 in Burrow's own words is `not_found`: data, not a fault. */
export function judgeAnswer(raw: RawAnswer & { kind: "answer" }, about: About): BurrowAnswer {
  const dateMs = parseDate(raw.date);
  const refuse = (kind: ScrapeProblem["kind"], said: string): BurrowAnswer => ({
    ok: false,
    status: raw.status,
    problem: problemOf(about, kind, said),
    dateMs,
  });
  if (raw.status >= 300 && raw.status < 400) {
    return refuse(
      "redirect",
      `answered with a redirect (${raw.status} to ${showName(raw.location)}), which is not followed`,
    );
  }
  if (raw.status === 401 || raw.status === 403) {
    return refuse("unauthorized", `refused the credentials (HTTP ${raw.status})`);
  }
  const parsed = parseJson(raw.body);
  if (raw.status !== 200) {
    const said = parsed.ok ? envelope.safeParse(parsed.value) : undefined;
    const message = said?.success === true ? said.data.message : undefined;
    const known = raw.status === 404 && said?.success === true && said.data.request !== undefined;
    return refuse(
      known ? "not_found" : "http_status",
      message === undefined
        ? `answered HTTP ${raw.status} (${describeBody(raw)})`
        : `answered HTTP ${raw.status}: ${showName(message)}`,
    );
  }
  if (!parsed.ok) {
    return refuse("not_json", `sent a body that is not JSON (${describeBody(raw)})`);
  }
  const said = envelope.safeParse(parsed.value);
  if (said.success && said.data.error === true) {
    return refuse("http_status", `reported an error: ${showName(said.data.message ?? "no message")}`);
  }
  return { ok: true, body: parsed.value, sentMs: raw.sentMs, receivedMs: raw.receivedMs, dateMs };
}

/** Names the reason why no answer came. */
export function classifyFailure(raw: RawAnswer & { kind: "failure" }, about: About): ScrapeProblem {
  if (raw.aborted === "stop") {
    return problemOf(about, "timeout", "was not waited for, because the scrape was stopped");
  }
  if (raw.aborted === "deadline") {
    return problemOf(about, "timeout", `did not answer within ${about.timeoutMs / 1000} s`);
  }
  const { code, message } = failureOf(raw.error);
  if (/maxContentLength/.test(message)) {
    return {
      ...problemOf(about, "body_too_large", `sent more than the limit (${message})`),
      limit: "response_bytes",
    };
  }
  if (code === "ETIMEDOUT" || code === "ECONNABORTED") {
    return problemOf(about, "timeout", `did not answer in time (${code})`);
  }
  if (TLS_CODES.test(code)) {
    return problemOf(about, "tls", `could not be trusted or spoken to over TLS (${code})`);
  }
  if (/aborted/.test(message)) {
    return problemOf(about, "connect", "cut the connection in the middle of its answer");
  }
  const lookup = describeLookup(code);
  const why = code === "" ? message : lookup === undefined ? code : `${lookup}: ${code}`;
  return problemOf(about, "connect", `could not be read (${why})`);
}

const TLS_CODES = /^(EPROTO|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

function failureOf(error: unknown): { code: string; message: string } {
  if (error instanceof AxiosError) {
    // The system's own code says more than axios' ERR_NETWORK; HPE_ codes come from the HTTP parser.
    return { code: error.code ?? "", message: error.message };
  }
  return { code: "", message: error instanceof Error ? error.message : String(error) };
}

function problemOf(about: About, kind: ScrapeProblem["kind"], said: string): ScrapeProblem {
  const start = sentenceStart({ ...about, what: subjectOf(about) });
  return { kind, scope: about.scope, name: about.name, detail: `${start} ${said}.` };
}

function subjectOf(about: About): string {
  switch (about.scope) {
    case "server":
      return "state of Burrow";
    case "cluster":
      return about.name;
    case "group":
    case "topic":
    case "partition":
      return `${about.scope} ${showName(about.name)}`;
  }
}

function parseJson(body: Buffer): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(body.toString("utf8")) };
  } catch {
    return { ok: false };
  }
}

function parseDate(header: string): number | null {
  const time = Date.parse(header);
  return Number.isNaN(time) ? null : time;
}

function describeBody(raw: RawAnswer & { kind: "answer" }): string {
  const type = raw.contentType === "" ? "no content type" : raw.contentType;
  const start = raw.body.subarray(0, 60).toString("utf8");
  return `${type}, ${raw.body.length} bytes${start === "" ? "" : `, starts with ${showName(start)}`}`;
}
