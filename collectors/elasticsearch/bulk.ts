/**
 * Sends one batch and says for every document what became of it. A request that is too large is sent in two parts; one
 * that a single document spoils is halved until that document stands alone.
 */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { LeasedBatch } from "../spool/contract.ts";
import { readBulkAnswer, readFailure } from "./answers.ts";
import type { ElasticsearchHttp, HttpAnswer } from "./client.ts";
import { explainDenial } from "./denial.ts";
import { ElasticsearchFault } from "./fault.ts";
import type { ActionLine, Range } from "./lines.ts";
import { BodyMemory, cutIntoRequests, Lines } from "./lines.ts";
import type { Outcome, RetryReason } from "./outcomes.ts";
import { classifyItem, classifyRequest, UNKNOWN_REFUSAL_ATTEMPTS } from "./outcomes.ts";
import { explainUnknownParameter } from "./versions.ts";

export type BulkTarget = {
  /** Data stream or alias; absent where each action line names its index. */
  readonly stream?: string;
  readonly action: ActionLine;
  /** Keeps a missing template from turning into an ordinary index with guessed mappings. */
  readonly requireDataStream: boolean;
};

export type BulkOptions = {
  readonly target: BulkTarget;
  readonly maxDocuments: number;
  readonly maxBytes: number;
  readonly gzip: boolean;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly onRequest?: (request: BulkRequestReport) => void;
};

export type BulkRequestReport = {
  readonly documents: number;
  /** Bytes on the wire. */
  readonly bytes: number;
  readonly seconds: number;
  /** 0 when there was no answer. */
  readonly status: number;
};

/** What stopped the batch; null when every document got an answer of its own. */
export type RequestFault = {
  readonly reason: RetryReason;
  readonly detail: string;
  readonly status: number;
  readonly retryAfterMs: number | null;
};

export type Delivery = {
  readonly lines: Lines;
  /** One per line, in order. */
  readonly outcomes: readonly Outcome[];
  readonly fault: RequestFault | null;
};

/** `errors` and one status per item in order are all that is needed to map an answer back. */
const FILTER = "errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store";
const GZIP_LEVEL = 1;
/** Requests spent on the halves of one batch before the rest waits for the next round. */
const HALVING_BUDGET = 64;
const SMALLEST_REQUEST = 50;
/** That other batches were taken this recently proves that a batch which is always refused is itself to blame. */
const PROOF_MS = 5 * 60_000;

const compress = promisify(gzip);

export class BulkSender {
  readonly #http: ElasticsearchHttp;
  readonly #options: BulkOptions;
  readonly #memory = new BodyMemory();
  /** Documents per request at the moment: halved when Elasticsearch is busy, growing back with each success. */
  #documents: number;
  /** Monotonic time of the last bulk request that Elasticsearch took. */
  #acceptedMs = Number.NEGATIVE_INFINITY;

  constructor(http: ElasticsearchHttp, options: BulkOptions) {
    this.#http = http;
    this.#options = options;
    this.#documents = options.maxDocuments;
  }

  async deliver(lease: LeasedBatch, signal: AbortSignal): Promise<Delivery> {
    const lines = new Lines(lease);
    const round = new Round(lines, { lease, nowMs: this.#options.now() });
    const bounds = { maxDocuments: Math.floor(this.#documents), maxBytes: this.#options.maxBytes };
    const todo = [...cutIntoRequests(lines, bounds)].toReversed();
    let budget = todo.length + HALVING_BUDGET;
    for (let range = todo.pop(); range !== undefined && budget > 0; range = todo.pop()) {
      budget -= 1;
      const verdict = await this.#send(round, { range, signal });
      if (verdict === "stop") break;
      if (verdict === "done") continue;
      const middle = (range.from + range.to) >> 1;
      todo.push({ from: middle, to: range.to }, { from: range.from, to: middle });
    }
    const guilty = (await this.#verify(round, signal)) || this.#isAlwaysRefused(lease);
    return { lines, ...round.finish({ guilty }) };
  }

  /** A batch that is refused again and again while others are taken. */
  #isAlwaysRefused(lease: LeasedBatch): boolean {
    return lease.attempts >= UNKNOWN_REFUSAL_ATTEMPTS && performance.now() - this.#acceptedMs < PROOF_MS;
  }

  /**
   * Sends a document again that was taken before, and then each suspect once more by itself. Only a suspect that is
   * refused while others are taken is to blame, and not an Elasticsearch, or a proxy, that refuses everything at the
   * moment. In this order: the other way round the refusals could end between the last suspect and the proof.
   */
  async #verify(round: Round, signal: AbortSignal): Promise<boolean> {
    const control = round.accepted();
    if (control === undefined || round.stopped || !round.hasSuspects) return false;
    if (!(await this.#isTaken(round, { index: control, signal }))) return false;
    for (const from of round.takeSuspects().slice(0, HALVING_BUDGET)) {
      const verdict = await this.#send(round, { range: { from, to: from + 1 }, signal });
      if (verdict === "stop") return false;
    }
    return true;
  }

  async #isTaken(round: Round, what: { index: number; signal: AbortSignal }): Promise<boolean> {
    const range = { from: what.index, to: what.index + 1 };
    try {
      const answer = await this.#request(round.lines, { range, signal: what.signal });
      return answer.status === 200 && readBulkAnswer(answer.body, 1) !== undefined;
    } catch {
      return false;
    }
  }

  async #send(round: Round, what: { range: Range; signal: AbortSignal }): Promise<"done" | "halve" | "stop"> {
    const { range } = what;
    let answer: HttpAnswer;
    try {
      answer = await this.#request(round.lines, what);
    } catch (error) {
      if (!(error instanceof ElasticsearchFault)) throw error;
      const known = error.kind === "connect" || error.kind === "timeout" || error.kind === "aborted";
      const reason = known ? "unreachable" : "unknown_answer";
      return round.stop(range, { reason, detail: error.message, status: 0, retryAfterMs: null });
    }
    if (answer.status === 200) {
      const items = readBulkAnswer(answer.body, range.to - range.from);
      if (items !== undefined) {
        this.#acceptedMs = performance.now();
        this.#documents = Math.min(this.#options.maxDocuments, this.#documents * 1.1 + 1);
        return round.settle(range, items);
      }
      const detail = "The answer to a bulk request could not be understood.";
      return round.stop(range, { ...answer, reason: "unknown_answer", detail });
    }
    const { errorType, reason: why } = readFailure(answer.body);
    const verdict = classifyRequest(answer.status, errorType, why);
    const said = explainDenial(why, "collector") ?? explainUnknownParameter(why) ?? `${errorType} ${why}`;
    const detail = `Elasticsearch answered ${answer.status} ${said}`.trim().slice(0, 300);
    if (verdict.kind === "retry") {
      if (verdict.reason === "busy") this.#shrink();
      return round.stop(range, { ...answer, reason: verdict.reason, detail });
    }
    if (verdict.kind === "split") this.#shrink();
    if (range.to - range.from > 1) return "halve";
    const named = verdict.kind === "split" ? "too_large" : errorType || "request_refused";
    round.suspect(range.from, { errorType: named, reason: why || detail, status: answer.status });
    return "done";
  }

  async #request(lines: Lines, what: { range: Range; signal: AbortSignal }): Promise<HttpAnswer> {
    const { target, timeoutMs, onRequest } = this.#options;
    const body = this.#memory.body(lines, what.range, target.action);
    const ndjson = this.#options.gzip ? await compress(body, { level: GZIP_LEVEL }) : body;
    if (ndjson !== body) this.#memory.giveBack(body);
    const startedMs = performance.now();
    let status = 0;
    try {
      const answer = await this.#http.request({
        method: "POST",
        path: target.stream === undefined ? "/_bulk" : `/${encodeURIComponent(target.stream)}/_bulk`,
        query: { filter_path: FILTER, ...(target.requireDataStream ? { require_data_stream: true } : {}) },
        ndjson,
        allowAllCreated: true,
        ...(this.#options.gzip ? { encoding: "gzip" as const } : {}),
        timeoutMs,
        signal: what.signal,
      });
      ({ status } = answer);
      // Other answers may come while the body is still being written.
      if (status === 200 && ndjson === body) this.#memory.giveBack(body);
      return answer;
    } finally {
      onRequest?.({
        documents: what.range.to - what.range.from,
        bytes: ndjson.length,
        seconds: (performance.now() - startedMs) / 1000,
        status,
      });
    }
  }

  #shrink(): void {
    this.#documents = Math.max(Math.min(SMALLEST_REQUEST, this.#options.maxDocuments), this.#documents / 2);
  }
}

type Refusal = { readonly errorType: string; readonly reason: string; readonly status: number };

const NOT_SENT: Outcome = { kind: "retry", reason: "not_sent", status: 0, detail: "not sent yet" };

/** Collects the outcomes of one batch over several requests. */
class Round {
  readonly lines: Lines;
  readonly #outcomes: Outcome[];
  readonly #context: { readonly lease: LeasedBatch; readonly nowMs: number };
  readonly #suspects: (Refusal & { readonly index: number })[] = [];
  #fault: RequestFault | null = null;

  constructor(lines: Lines, context: { readonly lease: LeasedBatch; readonly nowMs: number }) {
    this.lines = lines;
    this.#context = context;
    this.#outcomes = Array.from({ length: lines.count }, () => NOT_SENT);
  }

  settle(range: Range, items: readonly Parameters<typeof classifyItem>[0][]): "done" {
    const { lease, nowMs } = this.#context;
    const context = { timestampMs: lease.maxTimestampMs, nowMs, attempts: lease.attempts };
    let index = range.from;
    for (const item of items) {
      this.#outcomes[index] = classifyItem(item, context);
      index += 1;
    }
    return "done";
  }

  stop(range: Range, fault: RequestFault): "stop" {
    const { reason, detail, status, retryAfterMs } = fault;
    this.#fault = { reason, detail, status, retryAfterMs };
    const outcome: Outcome = { kind: "retry", reason, status, detail };
    for (let index = range.from; index < range.to; index += 1) this.#outcomes[index] = outcome;
    return "stop";
  }

  /** A request with this document alone was refused. Whether the document is to blame shows at the end. */
  suspect(index: number, refusal: Refusal): void {
    this.#suspects.push({ index, ...refusal });
  }

  get hasSuspects(): boolean {
    return this.#suspects.length > 0;
  }

  takeSuspects(): readonly number[] {
    return this.#suspects.splice(0).map(({ index }) => index);
  }

  /** A document that was taken in this round. */
  accepted(): number | undefined {
    const index = this.#outcomes.findIndex(({ kind }) => kind === "stored" || kind === "duplicate");
    return index === -1 ? undefined : index;
  }

  get stopped(): boolean {
    return this.#fault !== null;
  }

  finish(proof: { readonly guilty: boolean }): { outcomes: readonly Outcome[]; fault: RequestFault | null } {
    const { guilty } = proof;
    for (const { index, ...refusal } of this.#suspects) {
      const detail = `${refusal.errorType}: ${refusal.reason}`;
      this.#outcomes[index] = guilty
        ? { kind: "dead", ...refusal }
        : { kind: "retry", reason: "unknown_answer", status: refusal.status, detail };
    }
    const [first] = this.#suspects;
    if (!guilty && first !== undefined && this.#fault === null) {
      const detail = `Elasticsearch refuses bulk requests: ${first.status} ${first.errorType} ${first.reason}`;
      this.#fault = {
        reason: "set_up",
        detail: detail.slice(0, 300),
        status: first.status,
        retryAfterMs: null,
      };
    }
    return { outcomes: this.#outcomes, fault: this.#fault };
  }
}
