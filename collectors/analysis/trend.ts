/** Total lag of one group over the last minutes, and its slope by least squares: one noisy end offset cannot tilt it. */
export const TREND_POINTS = 24;

export type Slope = {
  /** Messages per second; NaN with fewer than three points. */
  perSecond: number;
  /** Seconds between the first and the last point used. */
  spanSeconds: number;
};

export class LagTrend {
  readonly times = new Float64Array(TREND_POINTS);
  readonly lags = new Float64Array(TREND_POINTS);
  count = 0;

  push(timeMs: number, lag: number): void {
    if (this.count > 0 && timeMs <= (this.times[this.count - 1] ?? 0)) return;
    if (this.count === TREND_POINTS) {
      this.times.copyWithin(0, 1);
      this.lags.copyWithin(0, 1);
      this.count--;
    }
    this.times[this.count] = timeMs;
    this.lags[this.count] = lag;
    this.count++;
  }

  clear(): void {
    this.count = 0;
  }

  slope(windowMs: number): Slope {
    const last = this.times[this.count - 1] ?? 0;
    let first = this.count - 1;
    while (first > 0 && last - (this.times[first - 1] ?? 0) <= windowMs) first--;
    const points = this.count - first;
    const span = points > 0 ? (last - (this.times[first] ?? 0)) / 1000 : 0;
    if (points < 3 || span <= 0) return { perSecond: Number.NaN, spanSeconds: span };
    let sumT = 0;
    let sumL = 0;
    for (let i = first; i < this.count; i++) {
      sumT += ((this.times[i] ?? 0) - last) / 1000;
      sumL += this.lags[i] ?? 0;
    }
    const meanT = sumT / points;
    const meanL = sumL / points;
    let above = 0;
    let below = 0;
    for (let i = first; i < this.count; i++) {
      const t = ((this.times[i] ?? 0) - last) / 1000 - meanT;
      above += t * ((this.lags[i] ?? 0) - meanL);
      below += t * t;
    }
    return { perSecond: below === 0 ? Number.NaN : above / below, spanSeconds: span };
  }
}
