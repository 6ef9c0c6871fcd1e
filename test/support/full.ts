// `npm test` takes what a person waits for; FULL=1 (`npm run test:full`, and .ci/run once) takes every size and case.

export const FULL = process.env.FULL === "1";

/** Runs of a fast-check property: repeatable and few, or many and new ones each time. */
export const runs = (few: number, many: number) => (FULL ? { numRuns: many } : { numRuns: few, seed: 4 });
