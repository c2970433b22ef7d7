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

  /** `value`: empty where it is not known. @returns the path for the configuration. */
  add(option: string, { name, value }: { readonly name: string; readonly value: string }): string {
    const known = /@\{|\$\{/.test(value) || value === "" ? null : value;
    const file = this.#fileFor(`secrets/${name}`, known);
    if (!this.#found.some((secret) => secret.file === file)) this.#found.push({ file, value: known });
    this.#notes.add(option, `belongs into ${file}: the configuration names files, never secrets.`);
    return file;
  }

  /** Two inputs may have two passwords. */
  #fileFor(file: string, value: string | null): string {
    let candidate = file;
    for (let number = 2; this.#holdsOther(candidate, value); number += 1) candidate = `${file}-${number}`;
    return candidate;
  }

  #holdsOther(file: string, value: string | null): boolean {
    return this.#found.some((secret) => secret.file === file && secret.value !== value);
  }

  get list(): readonly Secret[] {
    return this.#found;
  }
}
