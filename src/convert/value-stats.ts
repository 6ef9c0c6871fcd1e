// What an array's values are, as they are read.

/** What a scan has seen so far. */
export class ValueStats {
  rows = 0;
  min = Infinity;
  max = -Infinity;
  /** How many values are NaN. */
  nan = 0;
  /** How many values lie outside what 0 … 255 stand for. */
  clipped = 0;

  /** Those of the next rows, in the order of the fields. */
  add([rows, min, max, nan, clipped]: readonly number[]): void {
    this.rows += rows!;
    if (min! < this.min) this.min = min!;
    if (max! > this.max) this.max = max!;
    this.nan += nan!;
    this.clipped += clipped!;
  }

  clear(): void {
    Object.assign(this, new ValueStats());
  }
}
