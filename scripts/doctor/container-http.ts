/**
 * HTTP from inside a container, for endpoints that are published nowhere: Burrow's API has no authentication and the
 * collector's is on loopback. One `docker exec` of the collector's own Node per request.
 */
import { z } from "zod";
import { judgeAnswer } from "../../collectors/burrow/answer.ts";
import type { BurrowAnswer, BurrowClient } from "../../collectors/burrow/client.ts";
import type { Config } from "../../config/schema.ts";
import { describeError } from "../../model/errors.ts";
import { docker } from "../deploy/docker.ts";
import type { Reply } from "./http.ts";

const TIMEOUT_MS = 10_000;

const answerSchema = z.object({
  status: z.number(),
  contentType: z.string(),
  location: z.string(),
  date: z.string(),
  body: z.string(),
});
type InsideAnswer = z.output<typeof answerSchema>;

/** Reads a URL with fetch and prints status, three headers and the body as one JSON object. What to ask comes by standard input. */
const SCRIPT = `const {url,headers}=JSON.parse(require("node:fs").readFileSync(0,"utf8"));fetch(url,{headers,redirect:"manual",signal:AbortSignal.timeout(${TIMEOUT_MS})}).then(async(r)=>{const h=(n)=>r.headers.get(n)??"";console.log(JSON.stringify({status:r.status,contentType:h("content-type"),location:h("location"),date:h("date"),body:await r.text()}))},(e)=>{console.error(String(e.cause?.code??e.message));process.exit(7)})`;

export type Inside = {
  readonly config: Config;
  /** Container that has Node. */
  readonly container: string;
  readonly signal: AbortSignal;
};

export type Request = { readonly url: string; readonly headers?: Readonly<Record<string, string>> };

/** One GET from inside; never throws. */
export async function askInside(inside: Inside, request: Request): Promise<Reply> {
  const answer = await read(inside, request);
  return "reason" in answer
    ? { kind: "none", reason: answer.reason }
    : { kind: "answer", status: answer.status, text: answer.body };
}

/** The collector's Burrow client over `docker exec`, so that the collector's own judgement of answers is used. */
export function insideBurrowClient(inside: Inside, about: { server: string; cluster: string }): BurrowClient {
  return {
    server: about.server,
    requests: 0,
    close: () => undefined,
    async get(path, subject): Promise<BurrowAnswer> {
      const sentMs = Date.now();
      const answer = await read(inside, { url: `${about.server}${path}` });
      if ("reason" in answer) {
        const detail = `${about.server} could not be read from inside ${inside.container}: ${answer.reason}.`;
        return { ok: false, status: null, problem: { kind: "connect", ...subject, detail }, dateMs: null };
      }
      return judgeAnswer(
        {
          kind: "answer",
          ...answer,
          body: Buffer.from(answer.body, "utf8"),
          sentMs,
          receivedMs: Date.now(),
        },
        { ...subject, ...about, timeoutMs: TIMEOUT_MS },
      );
    },
  };
}

async function read(
  inside: Inside,
  { url, headers = {} }: Request,
): Promise<InsideAnswer | { readonly reason: string }> {
  try {
    const text = await docker(inside.config, ["exec", "-i", inside.container, "node", "-e", SCRIPT], {
      signal: inside.signal,
      input: JSON.stringify({ url, headers }),
    });
    const parsed = answerSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : { reason: "what the container printed is no answer" };
  } catch (error) {
    return { reason: describeError(error).replace(/\.$/, "") };
  }
}
