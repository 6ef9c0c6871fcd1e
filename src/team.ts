// A picture that several threads encode: its parts, who makes which, and what comes of them, in shared memory. The leader makes the file: it
// takes parts from the first one on, helpers take them from the last one down, until they meet. A part that a helper cannot finish is the
// leader's again, so that errors are those of one thread.
import { kernels } from "./kernels.ts";

/** What the threads of a team share. */
export interface TeamMemory {
  readonly control: SharedArrayBuffer;
  readonly results: SharedArrayBuffer;
  /** Threads beside the leader, each with its share of `results`. */
  readonly helpers: number;
  /** Of the largest picture that it was made for. */
  readonly bytes: number;
}

/** What a helper made of a part. */
export interface PartResult {
  /** In shared memory. */
  readonly bytes: Uint8Array;
  readonly numbers: readonly number[];
}

/** Parts after these are the leader's. */
const MAX_PARTS = 1024;
const MAX_NUMBERS = 12;

// The control memory: an i32 that says whether helpers may go on, then these of each part, then its numbers as f64.
const OVER = 0;
const FIRST = 2;
const FIELDS = 5;
/** 0: nobody's; -1: the leader's; else a helper's number. */
const OWNER = 0;
const STATE = 1;
const OFFSET = 2;
const LENGTH = 3;
const NUMBERS = 4;
const NUMBERS_AT = 4 * (FIRST + FIELDS * MAX_PARTS);

const WORKING = 0;
const DONE = 1;
const FAILED = 2;

/** What a helper's results may take at most: a part for which there is no room is the leader's. Offsets stay within 31 bits. */
const MAX_SHARE = 2 ** 29;

/**
 * Memory for a picture of so many bytes; pages that are not touched cost nothing.
 * @throws RangeError where the engine has none
 */
export function teamMemory(bytes: number, helpers: number): TeamMemory {
  const share = Math.min(MAX_SHARE, 8 * Math.ceil(bytes / 16) + 8_000_000);
  return {
    control: new SharedArrayBuffer(NUMBERS_AT + 8 * MAX_NUMBERS * MAX_PARTS),
    results: new SharedArrayBuffer(share * helpers),
    helpers,
    bytes,
  };
}

/** Makes it as new. No thread may have a part of it any more. */
export function resetTeam({ control }: TeamMemory): void {
  new Int32Array(control).fill(0);
}

/** No helper begins another part. */
export function recallTeam({ control }: TeamMemory): void {
  Atomics.store(new Int32Array(control), OVER, 1);
}

/** A helper has died: what it had not finished is the leader's. */
export function abandonParts({ control }: TeamMemory, helper: number): void {
  const words = new Int32Array(control, 0, NUMBERS_AT / 4);
  for (let part = 0; part < MAX_PARTS; part++) {
    const at = FIRST + FIELDS * part;
    if (Atomics.load(words, at + OWNER) === helper) finish(words, at, FAILED);
  }
}

function finish(words: Int32Array, at: number, state: number): void {
  Atomics.compareExchange(words, at + STATE, WORKING, state);
  Atomics.notify(words, at + STATE);
}

abstract class Member {
  protected readonly words: Int32Array;
  protected readonly numbers: Float64Array;
  protected readonly memory: TeamMemory;

  constructor(memory: TeamMemory) {
    this.memory = memory;
    this.words = new Int32Array(memory.control, 0, NUMBERS_AT / 4);
    this.numbers = new Float64Array(memory.control, NUMBERS_AT);
  }

  protected claims(part: number, owner: number): boolean {
    return Atomics.compareExchange(this.words, FIRST + FIELDS * part + OWNER, 0, owner) === 0;
  }
}

export class Leader extends Member {
  #pictures = 0;

  /** Whether the team works on this picture: on the first one alone, for the range of a second one is another. */
  begins(): boolean {
    if (this.#pictures++ > 0) this.ends();
    return this.#pictures === 1;
  }

  /** What a helper makes of the part, waited for; null: the part is the leader's. */
  resultOf(part: number): PartResult | null {
    if (part >= MAX_PARTS || this.claims(part, -1)) return null;
    const at = FIRST + FIELDS * part;
    while (Atomics.load(this.words, at + STATE) === WORKING) Atomics.wait(this.words, at + STATE, WORKING);
    if (this.words[at + STATE] === FAILED) return null;
    const numbers = this.numbers.subarray(part * MAX_NUMBERS, part * MAX_NUMBERS + this.words[at + NUMBERS]!);
    return {
      bytes: new Uint8Array(this.memory.results, this.words[at + OFFSET], this.words[at + LENGTH]),
      numbers: [...numbers],
    };
  }

  ends(): void {
    Atomics.store(this.words, OVER, 1);
  }
}

export class Helper extends Member {
  readonly #number: number;
  readonly #room: Uint8Array;
  #start = 0;
  #end = 0;

  /** @param number from 1 on */
  constructor(memory: TeamMemory, number: number) {
    super(memory);
    this.#number = number;
    const share = memory.results.byteLength / memory.helpers;
    this.#room = new Uint8Array(memory.results, share * (number - 1), share);
  }

  /** Makes parts, all but the first of `parts`, until none is left. `make` gives numbers for the leader, and may throw. */
  work(parts: number, make: (part: number) => readonly number[]): void {
    for (let part = Math.min(parts, MAX_PARTS) - 1; part > 0; part--) {
      if (Atomics.load(this.words, OVER) !== 0) return;
      if (!this.claims(part, this.#number)) continue;
      const at = FIRST + FIELDS * part;
      this.#start = this.#end = (this.#end + 7) & ~7;
      try {
        const numbers = make(part);
        this.words[at + OFFSET] = this.#room.byteOffset + this.#start;
        this.words[at + LENGTH] = this.#end - this.#start;
        this.words[at + NUMBERS] = numbers.length;
        this.numbers.set(numbers, part * MAX_NUMBERS);
        finish(this.words, at, DONE);
      } catch {
        // The leader meets the same, and says it.
        finish(this.words, at, FAILED);
        return;
      }
    }
  }

  /** Adds `count` bytes at `src` in kernel memory to the part, where they are moved by up to 7 bytes. @throws where there is no room */
  write(src: number, count: number): void {
    const { u8 } = kernels();
    // Shared memory is written by words where both sides lie alike in them, else by bytes: 4 times as slow.
    const shift = (this.#end - src) & 7;
    if (shift > 0) u8.copyWithin(src + shift, src, src + count);
    this.#room.set(u8.subarray(src + shift, src + shift + count), this.#end);
    this.#end += count;
  }
}
