/** The account of every document since the spool was opened; see the law in `contract.ts`. */
import type { DropReason, Settlement, SpoolStats } from "./contract.ts";

/** The part of the spool's figures that counts documents; what each means is said there. */
export type Account = Pick<
  SpoolStats,
  "recovered" | "accepted" | "stored" | "duplicate" | "deadLettered" | "dropped" | "droppedBy" | "rejected"
>;

export class Ledger {
  readonly #recovered: number;
  readonly #droppedBy: Record<DropReason, number> = { size: 0, age: 0, disk_full: 0, corrupt: 0 };
  #accepted = 0;
  #stored = 0;
  #duplicate = 0;
  #deadLettered = 0;
  #rejected = 0;

  constructor(found: { readonly documents: number; readonly lostDocuments: number }) {
    this.#recovered = found.documents + found.lostDocuments;
    this.#droppedBy.corrupt = found.lostDocuments;
  }

  accept(documents: number): void {
    this.#accepted += documents;
  }

  reject(documents: number): void {
    this.#rejected += documents;
  }

  drop(reason: DropReason, documents: number): void {
    this.#droppedBy[reason] += documents;
  }

  settle(settlement: Settlement): void {
    this.#stored += settlement.stored;
    this.#duplicate += settlement.duplicate;
    this.#deadLettered += settlement.deadLetters.length;
  }

  account(): Account {
    const droppedBy = { ...this.#droppedBy };
    return {
      recovered: this.#recovered,
      accepted: this.#accepted,
      stored: this.#stored,
      duplicate: this.#duplicate,
      deadLettered: this.#deadLettered,
      dropped: droppedBy.size + droppedBy.age + droppedBy.disk_full + droppedBy.corrupt,
      droppedBy,
      rejected: this.#rejected,
    };
  }
}
