/**
 * Bulk answers, broken at random, against a model of what Elasticsearch really did: no document counts as done that is
 * not stored, none is stored twice, none is put aside that Elasticsearch would take, and all are done in the end.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { BulkSender } from "../../collectors/elasticsearch/bulk.ts";
import type { ElasticsearchHttp, HttpAnswer, HttpRequest } from "../../collectors/elasticsearch/client.ts";
import { ElasticsearchFault } from "../../collectors/elasticsearch/fault.ts";
import { CREATE_IN_STREAM } from "../../collectors/elasticsearch/lines.ts";
import { settle } from "../../collectors/elasticsearch/settlement.ts";
import type { LeasedBatch } from "../../collectors/spool/contract.ts";
import { BOUNDS } from "./support/bounds.ts";
import { fuzz, must } from "./support/fuzz.ts";

/** What is wrong with a document, for ever. `spoiler` has the whole request refused. */
type Kind = "good" | "poison" | "spoiler";

/** One step of the server's mood; each request takes one. */
type Mood =
  | { readonly kind: "well" }
  | { readonly kind: "items"; readonly refuse: readonly (keyof typeof REFUSALS | "take")[] }
  | { readonly kind: "status"; readonly status: number; readonly type: string }
  | {
      readonly kind: "silent";
      readonly applied: boolean;
      readonly fault: "connect" | "timeout" | "unreadable";
    }
  | { readonly kind: "damaged"; readonly how: Damage }
  | { readonly kind: "nonsense"; readonly applied: boolean; readonly body: unknown };

type Damage =
  | {
      readonly action: "short" | "long" | "twice" | "index" | "no_status" | "contradict";
      readonly place: number;
    }
  | { readonly action: "byte"; readonly place: number; readonly byte: number };

type Item = { status: number; error?: { type: string; reason: string } };

const REFUSALS = {
  busy: { status: 429, error: { type: "es_rejected_execution_exception", reason: "queue is full" } },
  flood: {
    status: 429,
    error: { type: "cluster_block_exception", reason: "TOO_MANY_REQUESTS/12/disk usage" },
  },
  block: { status: 403, error: { type: "cluster_block_exception", reason: "FORBIDDEN/8/index write (api)" } },
  shard: { status: 503, error: { type: "unavailable_shards_exception", reason: "primary not active" } },
  secret: { status: 403, error: { type: "security_exception", reason: "action is unauthorized" } },
  missing: { status: 404, error: { type: "index_not_found_exception", reason: "no such index" } },
} as const satisfies Record<string, Item>;

const STORED: Item = { status: 201 };
const EXISTS: Item = {
  status: 409,
  error: { type: "version_conflict_engine_exception", reason: "version conflict, document already exists" },
};
const POISON: Item = {
  status: 400,
  error: { type: "document_parsing_exception", reason: "failed to parse" },
};

type World = {
  readonly moods: readonly Mood[];
  readonly refusal: { readonly from: number; readonly requests: number; readonly status: number };
  readonly largest: number;
};

/** Elasticsearch as far as bulk requests go: what it holds is the truth. */
class Model implements ElasticsearchHttp {
  readonly stored = new Set<string>();
  readonly #moods: Mood[];
  readonly #world: World;
  #calls = 0;

  constructor(given: World) {
    this.#moods = given.moods.toReversed();
    this.#world = given;
  }

  async request({ ndjson }: HttpRequest): Promise<HttpAnswer> {
    this.#calls += 1;
    must(this.#calls < 10_000, () => "requests without end");
    const lines = (ndjson ?? Buffer.alloc(0)).toString("utf8").split("\n");
    const documents = lines.filter((_, index) => index % 2 === 1);
    const { refusal, largest } = this.#world;
    const place = this.#calls - refusal.from;
    if (place >= 0 && place < refusal.requests) return failed(refusal.status, "x_exception");
    if (documents.length > largest) return failed(413, "");
    if (documents.some((line) => kindOf(line) === "spoiler")) return failed(400, "parse_exception");
    return this.#answer(documents, this.#moods.pop() ?? { kind: "well" });
  }

  async reload(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {}

  #answer(documents: readonly string[], mood: Mood): HttpAnswer {
    switch (mood.kind) {
      case "well":
        return answered(this.#take(documents));
      case "items":
        return answered(this.#take(documents, (place) => mood.refuse[place % mood.refuse.length] ?? "take"));
      case "status":
        return failed(mood.status, mood.type);
      case "silent":
        if (mood.applied) this.#take(documents);
        throw new ElasticsearchFault(mood.fault, "no answer");
      case "damaged":
        return damaged(this.#take(documents), mood.how);
      case "nonsense":
        if (mood.applied) this.#take(documents);
        return { status: 200, body: mood.body, retryAfterMs: null };
    }
  }

  #take(
    documents: readonly string[],
    refusal: (place: number) => keyof typeof REFUSALS | "take" = () => "take",
  ): Item[] {
    return documents.map((line, place) => {
      const refused = refusal(place);
      if (refused !== "take") return REFUSALS[refused];
      if (kindOf(line) === "poison") return POISON;
      if (this.stored.has(line)) return EXISTS;
      this.stored.add(line);
      return STORED;
    });
  }
}

const kindOf = (line: string): Kind =>
  line.includes('"poison"') ? "poison" : line.includes('"spoiler"') ? "spoiler" : "good";

function failed(status: number, type: string): HttpAnswer {
  return { status, body: { error: { type, reason: "scripted" }, status }, retryAfterMs: null };
}

function answered(items: readonly Item[]): HttpAnswer {
  return { status: 200, body: bodyOf(items), retryAfterMs: null };
}

function bodyOf(items: readonly Item[]) {
  return {
    errors: items.some(({ status }) => status >= 300),
    items: items.map((item) => ({ create: item })),
  };
}

function damaged(items: readonly Item[], how: Damage): HttpAnswer {
  const place = how.place % Math.max(1, items.length);
  const at = (change: (item: Item) => unknown): readonly unknown[] =>
    items.map((item, index) => (index === place ? change(item) : { create: item }));
  const { errors } = bodyOf(items);
  const reply = (body: unknown): HttpAnswer => ({ status: 200, body, retryAfterMs: null });
  switch (how.action) {
    case "short":
      return reply({ errors, items: bodyOf(items).items.toSpliced(place, 1) });
    case "long":
      return reply({ errors, items: bodyOf(items).items.toSpliced(place, 0, { create: STORED }) });
    case "twice":
      return reply({ errors, items: at((item) => ({ create: item, index: item })) });
    case "index":
      return reply({ errors, items: at((item) => ({ index: item })) });
    case "no_status":
      return reply({ errors, items: at(({ error }) => ({ create: { error } })) });
    case "contradict":
      return reply({
        errors,
        items: at(({ status, error }) => ({
          create: { status, ...(error === undefined ? POISON : {}), ...(status < 300 ? { status } : {}) },
        })),
      });
    case "byte": {
      const bytes = Buffer.from(JSON.stringify(bodyOf(items)));
      bytes[how.place % bytes.length] = how.byte;
      try {
        return reply(JSON.parse(bytes.toString("utf8")));
      } catch {
        throw new ElasticsearchFault("unreadable", "The answer of Elasticsearch is not JSON.");
      }
    }
  }
}

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({
    action: fc.constantFrom("short", "long", "twice", "index", "no_status", "contradict"),
    place: fc.nat(),
  }),
  fc.record({ action: fc.constant("byte"), place: fc.nat(), byte: fc.integer({ min: 32, max: 126 }) }),
);

const mood: fc.Arbitrary<Mood> = fc.oneof(
  fc.constant<Mood>({ kind: "well" }),
  fc.record({
    kind: fc.constant("items"),
    refuse: fc.array(
      fc.constantFrom("take", "take", "busy", "flood", "block", "shard", "secret", "missing"),
      {
        minLength: 1,
        maxLength: 7,
      },
    ),
  }),
  fc.record({
    kind: fc.constant("status"),
    status: fc.constantFrom(401, 403, 404, 408, 429, 500, 502, 503, 504, 302),
    type: fc.constantFrom("", "security_exception", "circuit_breaking_exception", "x_exception"),
  }),
  fc.record({
    kind: fc.constant("silent"),
    applied: fc.boolean(),
    fault: fc.constantFrom("connect", "timeout", "unreadable"),
  }),
  fc.record({ kind: fc.constant("damaged"), how: damage }),
  fc.record({
    kind: fc.constant("nonsense"),
    applied: fc.boolean(),
    body: fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(undefined, "", "<html>", { errors: false }),
    ),
  }),
);

const world = fc.record({
  kinds: fc.array(fc.constantFrom<Kind>("good", "good", "good", "good", "good", "poison", "spoiler"), {
    minLength: 1,
    maxLength: 24,
  }),
  moods: fc.array(mood, { maxLength: 12 }),
  /** For this many requests everything is refused as if the documents were to blame: a proxy, or a set-up fault. */
  refusal: fc.record({ from: fc.nat(20), requests: fc.nat(15), status: fc.constantFrom(400, 413) }),
  /** Documents in a request beyond which it is answered with 413. */
  largest: fc.constantFrom(1, 3, 1_000),
  maxDocuments: fc.constantFrom(2, 5, 1_000),
});

function leaseOf(lines: readonly string[], attempts: number): LeasedBatch {
  return {
    ndjson: Buffer.from(lines.map((line) => `${line}\n`).join("")),
    documents: lines.length,
    minTimestampMs: 0,
    maxTimestampMs: 0,
    sequence: attempts,
    acceptedAtMs: 0,
    attempts,
    refusedSinceMs: null,
  };
}

const linesOf = (batch: Pick<LeasedBatch, "ndjson">): string[] =>
  batch.ndjson.toString("utf8").split("\n").slice(0, -1);

test("bulk answers of any mood", { timeout: BOUNDS.fuzzSeconds * 1000 + 60_000 }, async () => {
  const never = new AbortController().signal;
  const count = await fuzz({ name: "bulk answers", share: 0.35, atLeast: 2_000 }, world, async (given) => {
    const model = new Model(given);
    const sender = new BulkSender(model, {
      target: { stream: "s", action: CREATE_IN_STREAM, requireDataStream: true },
      maxDocuments: given.maxDocuments,
      maxBytes: 1e6,
      gzip: false,
      timeoutMs: 1_000,
      now: () => 0,
    });
    // A batch of one good document keeps coming, as it does in life: without it nothing proves a spoiler guilty.
    const all = given.kinds.map((kind, index) => `{"id":${index},"kind":"${kind}"}`);
    const dead = new Set<string>();
    let waiting: readonly string[] = all;
    for (let round = 0; waiting.length > 0; round += 1) {
      must(round < 100, () => `${waiting.join(" ")} never ends`);
      await sender.deliver(leaseOf([`{"id":"live-${round}","kind":"good"}`], 0), never);
      // Attempts stay at 0 while it is moody: patience is the shipper's, and is tested there.
      const lease = leaseOf(waiting, round < given.moods.length + given.refusal.requests ? 0 : round);
      const delivery = await sender.deliver(lease, never);
      const { settlement } = settle(lease, delivery, 0);
      const rest = settlement.remaining === null ? [] : linesOf(settlement.remaining);
      const done = delivery.outcomes.flatMap(({ kind }, index) =>
        kind === "stored" || kind === "duplicate" ? [waiting[index] ?? ""] : [],
      );
      for (const line of done) must(model.stored.has(line), () => `${line} counts as done and is not stored`);
      for (const { document } of settlement.deadLetters) {
        must(kindOf(document) !== "good", () => `${document} was put aside`);
        must(!dead.has(document), () => `${document} was put aside twice`);
        dead.add(document);
      }
      const sum = settlement.stored + settlement.duplicate + settlement.deadLetters.length + rest.length;
      must(
        sum === waiting.length && done.length === settlement.stored + settlement.duplicate,
        () => "the sum is wrong",
      );
      waiting = rest;
    }
    for (const line of all)
      must(model.stored.has(line) !== dead.has(line), () => `${line} is nowhere or twice`);
  });
  expect(count).toBeGreaterThan(0);
});
