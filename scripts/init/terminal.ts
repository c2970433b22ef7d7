/** Questions at a terminal; what is typed for a secret is not shown. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Ask } from "./answers.ts";

export type Terminal = { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream };

export type Questions = {
  readonly ask: Ask;
  /** As typed; empty where nothing was. */
  readonly askUnseen: (question: string) => Promise<string>;
  readonly close: () => void;
};

export function openQuestions({ input, output }: Terminal, signal: AbortSignal): Questions {
  let isHidden = false;
  // readline itself echoes what is typed, so its output is what has to be held back.
  const shown = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!isHidden) output.write(chunk);
      done();
    },
  });
  const isTerminal = "isTTY" in output && output.isTTY === true;
  const lines = createInterface({ input, output: shown, terminal: isTerminal, historySize: 0 });
  return {
    ask: async (question, fallback) => {
      const said = await lines.question(`${question}${fallback === "" ? "" : ` [${fallback}]`}: `, {
        signal,
      });
      return said.trim() === "" ? fallback : said.trim();
    },
    askUnseen: async (question) => {
      const typed = lines.question(`${question}: `, { signal });
      isHidden = true;
      try {
        return await typed;
      } finally {
        isHidden = false;
        output.write("\n");
      }
    },
    close: () => {
      lines.close();
    },
  };
}
