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

  clear(): void {
    Object.assign(this, new ValueStats());
  }
}
