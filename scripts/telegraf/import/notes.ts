/** What a person has to know about an import: what was not carried over, and what is left to do. */
export type Note = {
  /** As written in telegraf.conf, such as `agent.flush_interval`. */
  readonly option: string;
  readonly text: string;
};

export class Notes {
  readonly #list: Note[] = [];

  add(option: string, text: string): void {
    if (!this.#list.some((note) => note.option === option && note.text === text)) {
      this.#list.push({ option, text });
    }
  }

  get list(): readonly Note[] {
    return this.#list;
  }
}
