/** Values that belong into files of their own: the configuration names the file, never the value. */
import type { Notes } from "./notes.ts";

export type Secret = {
  /** Path from the folder of the configuration. */
  readonly file: string;
  /** Null where telegraf.conf only refers to it. */
  readonly value: string | null;
};

export class Secrets {
  readonly #found: Secret[] = [];
  readonly #notes: Notes;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  /** @returns the path for the configuration. */
  add(option: string, { name, value }: { readonly name: string; readonly value: string }): string {
    const file = `secrets/${name}`;
    const isKnown = !/@\{|\$\{/.test(value);
    if (!this.#found.some((secret) => secret.file === file)) {
      this.#found.push({ file, value: isKnown ? value : null });
    }
    this.#notes.add(option, `belongs into ${file}: the configuration names files, never secrets.`);
    return file;
  }

  get list(): readonly Secret[] {
    return this.#found;
  }
}
