/** Reads answers of Elasticsearch. What does not have the expected shape is undefined, never guessed. */
import { z } from "zod";
import type { ItemAnswer } from "./outcomes.ts";

const envelope = z.object({ errors: z.boolean(), items: z.array(z.unknown()) });

const item = z.strictObject({
  create: z.object({
    status: z.int().min(100).max(599),
    failure_store: z.string().optional(),
    error: z.object({ type: z.string().optional(), reason: z.string().nullish() }).optional(),
  }),
});

const failure = z.object({
  error: z.union([
    z.string(),
    z.object({
      type: z.string().optional(),
      reason: z.string().nullish(),
      /** Why an API key was not let in; the reason itself only says that nobody was. */
      additional_unsuccessful_credentials: z.string().optional(),
    }),
  ]),
});

/** A bulk answer that says of each document only that it was created, and of how many. */
export class AllCreated {
  readonly documents: number;

  constructor(documents: number) {
    this.documents = documents;
  }

  /** What Elasticsearch wrote. */
  inFull(): { readonly errors: false; readonly items: readonly unknown[] } {
    return {
      errors: false,
      items: Array.from({ length: this.documents }, () => ({ create: { status: 201 } })),
    };
  }
}

const BULK_HEAD = /^\{(?:"took":\d+,)?"errors":false,"items":\[/;
const CREATED_ITEM = '{"create":{"status":201}}';

/**
 * Nearly every bulk answer is the same text, but for its length: comparing it takes a hundredth of the time of parsing
 * it into two objects per document. Undefined for any other text.
 */
export function readAllCreated(text: string): AllCreated | undefined {
  const head = BULK_HEAD.exec(text)?.[0].length;
  if (head === undefined) return undefined;
  // Items with a comma each, of which the last has "]}" instead.
  const documents = (text.length - head - 1) / (CREATED_ITEM.length + 1);
  if (!Number.isInteger(documents) || documents < 1) return undefined;
  const items = `${`${CREATED_ITEM},`.repeat(documents - 1)}${CREATED_ITEM}]}`;
  return text.slice(head) === items ? new AllCreated(documents) : undefined;
}

/** Items of a bulk answer in the order of the request; undefined unless there is exactly one readable item each. */
export function readBulkAnswer(body: unknown, sent: number): readonly ItemAnswer[] | undefined {
  if (body instanceof AllCreated) {
    return body.documents === sent ? Array.from({ length: sent }, () => STORED) : undefined;
  }
  const parsed = envelope.safeParse(body);
  if (!parsed.success || parsed.data.items.length !== sent) return undefined;
  const answers: ItemAnswer[] = [];
  for (const raw of parsed.data.items) {
    const answer = readItem(raw);
    if (answer === undefined) return undefined;
    answers.push(answer);
  }
  return answers;
}

/** Type and reason of the error in an answer other than 2xx. */
export function readFailure(body: unknown): { readonly errorType: string; readonly reason: string } {
  const parsed = failure.safeParse(body);
  if (!parsed.success) return { errorType: "", reason: typeof body === "string" ? body.slice(0, 200) : "" };
  const { error } = parsed.data;
  if (typeof error === "string") return { errorType: "", reason: error };
  const { additional_unsuccessful_credentials: tried } = error;
  const reason = [error.reason ?? "", ...(tried === undefined ? [] : [`(${tried})`])].join(" ");
  return { errorType: error.type ?? "", reason };
}

const STORED: ItemAnswer = { status: 201, errorType: "", reason: "", failureStore: "" };

function readItem(raw: unknown): ItemAnswer | undefined {
  if (isPlainlyStored(raw)) return STORED;
  const parsed = item.safeParse(raw);
  if (!parsed.success) return undefined;
  const { status, error, failure_store: failureStore } = parsed.data.create;
  // An error with a good status, or none with a bad one, is an answer that contradicts itself.
  if ((error !== undefined) !== status >= 400) return undefined;
  return {
    status,
    errorType: error?.type ?? "",
    reason: error?.reason ?? "",
    failureStore: failureStore ?? "",
  };
}

/** Nearly all items are `{"create":{"status":201}}`; they skip the schema. */
function isPlainlyStored(raw: unknown): boolean {
  if (typeof raw !== "object" || raw === null || !("create" in raw)) return false;
  const { create } = raw;
  if (typeof create !== "object" || create === null) return false;
  if (!("status" in create) || create.status !== 201) return false;
  return !("error" in create) && !("failure_store" in create) && Object.keys(raw).length === 1;
}
