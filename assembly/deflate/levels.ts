// The compression levels, as src/encode numbers them.

export const FAST = 0;
export const BALANCED = 1;
export const SMALL = 2;
/** As SMALL, for what is only compared. */
export const TRIAL = 3;

@unmanaged
export class Level {
  /** A filter is chosen by every so many vectors of a row. */
  filterStep: i32;
  /** Zero runs from 8 bytes on count, not only from 12. */
  shortRuns: i32;
  /** Earlier positions compared at each position, in chains; 0: those of a bucket. */
  maxChain: i32;
  /** A match as long as this ends the search. */
  niceLength: usize;
  /** A match longer than this is taken without a look at the next position. */
  lazyLength: usize;
  /** In the middle of a long match every so many positions are entered into the tables. */
  insertStep: usize;
  /** For so many strips the winner of a trial, filtered or unfiltered rows, holds. */
  trialStrips: i32;
}

// prettier-ignore
const LEVELS: usize = memory.data<i32>([
  // filterStep, shortRuns, maxChain, niceLength, lazyLength, insertStep, trialStrips
  4, 0,  0,  32,   8, 4, 8, // FAST
  1, 1,  0, 258,  32, 2, 8, // BALANCED
  1, 1, 96, 258,  64, 1, 8, // SMALL
  1, 1,  4, 258,  64, 1, 8, // TRIAL
]);

// @ts-ignore: decorator
@inline
export function levelOf(level: i32): Level {
  return changetype<Level>(LEVELS + <usize>level * offsetof<Level>());
}
