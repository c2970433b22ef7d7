/** Ways in which the fake Burrow misbehaves, one answer at a time. */
import type { ServerResponse } from "node:http";

export type BurrowFault =
  /** An HTTP status with a body of our choice. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly body?: string;
      readonly headers?: Record<string, string>;
    }
  /** The connection stays open and nothing comes. */
  | { readonly kind: "hang" }
  /** One byte every `everyMs`, without end in sight. */
  | { readonly kind: "drip"; readonly everyMs?: number }
  /** Headers promise the whole body, half of it comes, then the connection ends. */
  | { readonly kind: "truncated" }
  /** 200 with a web page. */
  | { readonly kind: "html" }
  /** 200 with bytes that are not JSON. */
  | { readonly kind: "garbage" }
  /** The connection is reset before any answer. */
  | { readonly kind: "reset" }
  /** The right answer, late. */
  | { readonly kind: "delay"; readonly ms: number }
  /** 200 with this JSON text instead of the right one. */
  | { readonly kind: "body"; readonly body: string | Buffer }
  /** 200 with what this makes of the right answer. */
  | { readonly kind: "changed"; readonly change: (text: string) => string | Buffer }
  /** The right answer, said to be something else. */
  | { readonly kind: "typed"; readonly contentType: string }
  /** The headers of the right answer, and then nothing. */
  | { readonly kind: "hang_after_headers" }
  /** Half of the body in chunks, then the connection is reset. */
  | { readonly kind: "reset_body" }
  /** 200 with `bytes` bytes of spaces. */
  | { readonly kind: "huge"; readonly bytes: number };

/** Plays a fault. `answer` is what a healthy Burrow would have sent. */
export function playFault(
  fault: BurrowFault,
  response: ServerResponse,
  answer: { status: number; body: Buffer },
): void {
  switch (fault.kind) {
    case "hang":
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "drip":
      drip(response, answer.body, fault.everyMs ?? 50);
      return;
    case "truncated":
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": answer.body.length });
      response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)), () => {
        response.socket?.destroy();
      });
      return;
    case "status":
      response.writeHead(fault.status, { "Content-Type": "application/json", ...fault.headers });
      response.end(fault.body ?? JSON.stringify({ error: true, message: "scripted fault", request: {} }));
      return;
    case "html":
      response.writeHead(200, { "Content-Type": "text/html" });
      response.end("<html><body>Sign in</body></html>");
      return;
    case "garbage":
      response.writeHead(200, { "Content-Type": "application/json", "Content-Encoding": "gzip" });
      response.end(Buffer.from([0x1f, 0x8b, 0x08, 0xff, 0x00, 0x7b, 0x22]));
      return;
    case "body":
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(fault.body);
      return;
    case "changed":
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(fault.change(answer.body.toString("utf8")));
      return;
    case "typed":
      response.writeHead(answer.status, { "Content-Type": fault.contentType });
      response.end(answer.body);
      return;
    case "hang_after_headers":
      response.writeHead(200, { "Content-Type": "application/json" });
      response.flushHeaders();
      return;
    case "reset_body":
      response.writeHead(200, { "Content-Type": "application/json" });
      response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)), () => {
        response.socket?.resetAndDestroy();
      });
      return;
    case "huge":
      response.writeHead(200, { "Content-Type": "application/json" });
      sendSpaces(response, fault.bytes);
      return;
    case "delay":
      setTimeout(() => {
        response.writeHead(answer.status, { "Content-Type": "application/json" });
        response.end(answer.body);
      }, fault.ms);
  }
}

function drip(response: ServerResponse, body: Buffer, everyMs: number): void {
  response.writeHead(200, { "Content-Type": "application/json" });
  let position = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(position, position + 1));
    position += 1;
    if (position >= body.length) {
      clearInterval(timer);
      response.end();
    }
  }, everyMs);
  response.on("close", () => {
    clearInterval(timer);
  });
}

function sendSpaces(response: ServerResponse, bytes: number): void {
  const block = Buffer.alloc(65_536, 0x20);
  let sent = 0;
  const write = (): void => {
    while (sent < bytes && !response.destroyed) {
      sent += block.length;
      if (!response.write(block)) {
        response.once("drain", write);
        return;
      }
    }
    response.end();
  };
  write();
}
