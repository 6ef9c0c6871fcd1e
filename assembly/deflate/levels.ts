// The compression levels, as src/encode numbers them.

export const FAST = 0;
export const BALANCED = 1;
export const SMALL = 2;

@unmanaged
export class Level {
  /** A filter is chosen by every so many vectors of a row. */
  filterStep: i32;
  /** Zero runs from 8 bytes on count, not only from 12. */
  shortRuns: i32;
  /** Earlier positions compared at each position, where matches are many. */
  maxChain: i32;
  /** A match as long as this ends the search. */
  niceLength: usize;
  /** Of a long match every so many positions are entered into the chains. */
  insertStep: usize;
  /** For so many strips the winner of a trial, filtered or unfiltered rows, holds. */
  trialStrips: i32;
}

// prettier-ignore
const LEVELS: usize = memory.data<i32>([
  // filterStep, shortRuns, maxChain, niceLength, insertStep, trialStrips
  4, 0,  3,  32, 2, 8, // FAST
  1, 1,  8,  64, 1, 8, // BALANCED
  1, 1, 32, 258, 1, 0, // SMALL
]);

// @ts-ignore: decorator
@inline
export function levelOf(level: i32): Level {
  return changetype<Level>(LEVELS + <usize>level * offsetof<Level>());
}
