/** One GET or POST of the doctor: a status and a bounded text, or a sentence why there was no answer. */
import { describeError } from "../../model/errors.ts";

export type Reply =
  | { readonly kind: "answer"; readonly status: number; readonly text: string }
  | { readonly kind: "none"; readonly reason: string };

export type AskOptions = {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
};

const DEADLINE_MS = 10_000;
const MAXIMUM_BYTES = 8_388_608;

/** Never throws. Redirects are answers: a login page is not what was asked for. */
export async function ask(
  url: string,
  { method = "GET", headers = {}, body, signal }: AskOptions,
): Promise<Reply> {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers },
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
      ...(body === undefined ? {} : { body }),
    });
    return { kind: "answer", status: response.status, text: await readText(response) };
  } catch (error) {
    return { kind: "none", reason: reasonOf(error) };
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAXIMUM_BYTES) throw new Error(`it sent more than ${MAXIMUM_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** fetch hides the reason in `cause`. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError")
    return `no answer within ${DEADLINE_MS / 1000} s`;
  const inner = error instanceof Error ? error.cause : undefined;
  if (inner instanceof Error && "code" in inner) return String(inner.code);
  return describeError(inner ?? error).replace(/\.$/, "");
}

/** Parsed JSON, or undefined where the text is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
