/** What one tick knows about one group-partition. Instances are pooled and overwritten: never keep one. */
import type { PartitionReading } from "../../model/snapshot.ts";
import type { TimeLag } from "./time-lag.ts";

export class PartitionView {
  reading: PartitionReading = {
    topic: "",
    partition: 0,
    status: "UNKNOWN",
    owner: null,
    clientId: null,
    start: null,
    end: null,
    currentLag: 0,
    complete: 0,
  };
  row = 0;
  slot = 0;
  /** Burrow knows a commit; without one lag says nothing. */
  known = false;
  /** The reading is older than one already seen: Burrow replays. Judged by the last trusted reading. */
  stale = false;
  /** The committed offset lies beyond the end of the log, and not for a stale end offset: topic made anew or cut. */
  beyondEnd = false;
  committed = Number.NaN;
  head = Number.NaN;
  lag = 0;
  commitAtMs = 0;
  /** Seconds; NaN when unknown. */
  commitAge = Number.NaN;
  /** Seconds since the committed offset changed. */
  unmoved = 0;
  /** Burrow has a commit that it did not have in the tick before. */
  fresh = false;
  /** The offset moved since the tick before. */
  moved = false;
  produceRate = Number.NaN;
  consumeRate = Number.NaN;
  lagVelocity = Number.NaN;
  /** Seconds of silence that are still usual for this partition. */
  patience = 0;
  /** Messages put back in this tick by a rewind. */
  rewoundBy = 0;
  /** Messages until the offset before a rewind is reached again; 0 when there was none. */
  rewindLeft = 0;
  /** Messages passed over in this tick by a reset forward. */
  skipped = 0;
  owner = 0;
  readonly timeLag: TimeLag = { seconds: Number.NaN, errorSeconds: Number.NaN, method: "none" };
}
