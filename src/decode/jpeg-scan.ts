// Entropy-coded data → coefficients (ITU-T T.81, annexes F and G), as libjpeg reads it: where the data ends early, zeros.
import { broken } from "./faults.ts";

/** A component's coefficients: blocks of 64 in zigzag's natural order, rows of `columns` blocks, padded to whole MCUs. */
export interface Plane {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  readonly table: number;
  /** Blocks that hold pixels. */
  readonly wide: number;
  readonly high: number;
  /** Blocks from one row to the next, padding included. */
  readonly columns: number;
  readonly coefficients: Int16Array;
}

/** A Huffman table, ready to be looked up. */
export interface Codes {
  /** By the next 9 bits: the code's length << 8 | its symbol; 0: longer than 9. */
  readonly fast: Uint16Array;
  /** Largest code of each length, -1 where there is none; 17 ends every search. */
  readonly max: Int32Array;
  /** Added to a code of a length: its symbol's place. */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

const FAST = 9;

/** T.81 C.2 and F.2.2.3. */
export function codesOf(counts: Uint8Array, symbols: Uint8Array): Codes {
  const fast = new Uint16Array(1 << FAST);
  const max = new Int32Array(18).fill(-1);
  const offset = new Int32Array(18);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= 16; length++) {
    offset[length] = place - code;
    for (let i = 0; i < counts[length - 1]!; i++, place++, code++) {
      if (length > FAST) continue;
      const first = code << (FAST - length);
      fast.fill((length << 8) | symbols[place]!, first, first + (1 << (FAST - length)));
    }
    if (code > 1 << length) throw broken("a JPEG whose Huffman table has more codes than fit");
    if (counts[length - 1]! > 0) max[length] = code - 1;
    code <<= 1;
  }
  max[17] = 0x7fffffff;
  return { fast, max, offset, symbols };
}

/** Index in zigzag order → place in the block (T.81 figure A.6); 16 more for runs past the end, as in libjpeg. */
export const NATURAL = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14],
  ...[21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60],
  ...[61, 54, 47, 55, 62, 63, ...new Array<number>(16).fill(63)],
);

/** A scan header's parameters (T.81 B.2.3), with the tables that hold at its place. */
export interface Scan {
  readonly parts: readonly { readonly plane: Plane; readonly dc: Codes | undefined; readonly ac: Codes | undefined }[];
  readonly progressive: boolean;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Successive approximation: the bit position of the scan before (0: this is the first), and of this one. */
  readonly high: number;
  readonly low: number;
  /** MCUs between restarts; 0: none. */
  readonly restart: number;
  /** MCUs of the whole picture, where several components are interleaved. */
  readonly mcusWide: number;
  readonly mcusHigh: number;
}

/** Reads a block's part of the scan; `c` is the component's place in the scan. */
type ReadBlock = (coefficients: Int16Array, at: number, c: number) => void;

/** Reads one scan into its planes. @returns a place behind which its closing marker is the next one */
export function readScan(bytes: Uint8Array, start: number, scan: Scan): number {
  return new ScanReader(bytes, start, scan).read();
}

class ScanReader {
  readonly #bytes: Uint8Array;
  readonly #scan: Scan;
  #at: number;
  /** The bits in hand: the lowest `#held` of `#buffer`; of these the lowest `#zeros` stand for data that has ended. */
  #buffer = 0;
  #held = 0;
  #zeros = 0;
  /** Blocks that an end-of-band run still covers (G.1.2.2). */
  #covered = 0;
  #restarts = 0;
  readonly #predictions: Int32Array;

  constructor(bytes: Uint8Array, start: number, scan: Scan) {
    this.#bytes = bytes;
    this.#at = start;
    this.#scan = scan;
    this.#predictions = new Int32Array(scan.parts.length);
  }

  read(): number {
    const { parts, mcusWide, mcusHigh } = this.#scan;
    const readBlock = this.#blockReader();
    if (parts.length === 1) {
      const { plane } = parts[0]!;
      this.#eachMcu(plane.wide, plane.high, (row, column) => {
        readBlock(plane.coefficients, (row * plane.columns + column) * 64, 0);
      });
    } else {
      this.#eachMcu(mcusWide, mcusHigh, (row, column) => {
        for (let c = 0; c < parts.length; c++) {
          const { h, v, columns, coefficients } = parts[c]!.plane;
          for (let y = row * v; y < (row + 1) * v; y++) {
            for (let x = column * h; x < (column + 1) * h; x++) readBlock(coefficients, (y * columns + x) * 64, c);
          }
        }
      });
    }
    return this.#at;
  }

  /** What follows the end of the data stays zero, up to the next restart: gray, as libjpeg leaves it. */
  #eachMcu(wide: number, high: number, readMcu: (row: number, column: number) => void): void {
    const { restart } = this.#scan;
    let left = restart;
    for (let row = 0; row < high; row++) {
      for (let column = 0; column < wide; column++) {
        if (restart > 0 && left-- === 0) {
          this.#restart();
          left = restart - 1;
        }
        if (this.#held >= this.#zeros) readMcu(row, column);
      }
    }
  }

  /** Takes up after a restart marker; libjpeg's jpeg_resync_to_restart where another stands in its place. */
  #restart(): void {
    const bytes = this.#bytes;
    const expected = this.#restarts++ & 7;
    this.#predictions.fill(0);
    this.#covered = 0;
    this.#buffer = this.#held = 0;
    for (let at = bytes.indexOf(0xff, this.#at); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
      const marker = bytes[at + 1];
      if (marker === undefined || marker === 0xff || marker < 0xc0) continue;
      const ahead = (marker - 0xd0 - expected) & 7;
      // One of the two before is passed; one of the two after, and what is no restart, waits for its turn.
      if (marker >= 0xd0 && marker <= 0xd7 && ahead >= 6) continue;
      if (marker >= 0xd0 && marker <= 0xd7 && ahead !== 1 && ahead !== 2) {
        this.#zeros = 0;
        this.#at = at + 2;
        return;
      }
      this.#at = at;
      break;
    }
    this.#zeros = 1;
  }

  // --- bits

  /** 16 bits in hand, zeros behind the end of the data. */
  #fill(): void {
    const bytes = this.#bytes;
    while (this.#held < 16) {
      let byte = bytes[this.#at];
      if (byte === undefined || (byte === 0xff && bytes[this.#at + 1] !== 0)) {
        byte = 0;
        this.#zeros += 8;
      } else {
        this.#at += byte === 0xff ? 2 : 1;
      }
      this.#buffer = ((this.#buffer << 8) | byte) & 0xffffff;
      this.#held += 8;
    }
  }

  #bits(count: number): number {
    if (this.#held < count) this.#fill();
    this.#held -= count;
    return (this.#buffer >> this.#held) & ((1 << count) - 1);
  }

  /** A number of `count` bits whose first tells its sign (F.2.2.1, EXTEND). */
  #signed(count: number): number {
    if (count === 0) return 0;
    const value = this.#bits(count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  #symbol(codes: Codes): number {
    if (this.#held < 16) this.#fill();
    const found = codes.fast[(this.#buffer >> (this.#held - FAST)) & ((1 << FAST) - 1)]!;
    if (found > 0) {
      this.#held -= found >> 8;
      return found & 255;
    }
    for (let length = FAST + 1; length <= 16; length++) {
      const code = (this.#buffer >> (this.#held - length)) & ((1 << length) - 1);
      if (code > codes.max[length]!) continue;
      this.#held -= length;
      return codes.symbols[code + codes.offset[length]!]!;
    }
    // No code of the table: libjpeg warns and takes it for the symbol 0.
    this.#held -= 16;
    return 0;
  }

  // --- blocks

  #blockReader(): ReadBlock {
    const { parts, progressive, firstIndex, high } = this.#scan;
    const [dcs, acs] = [parts.map(({ dc }) => dc), parts.map(({ ac }) => ac)];
    if (!progressive) return (to, at, c) => this.#sequential(to, at, c, dcs[c]!, acs[c]!);
    if (firstIndex === 0) {
      return high === 0 ? (to, at, c) => this.#dcFirst(to, at, c, dcs[c]!) : (to, at) => this.#dcRefine(to, at);
    }
    return high === 0 ? (to, at) => this.#acFirst(to, at, acs[0]!) : (to, at) => this.#acRefine(to, at, acs[0]!);
  }

  /** F.2.2. */
  #sequential(to: Int16Array, at: number, c: number, dc: Codes, ac: Codes): void {
    to[at] = this.#predictions[c]! += this.#signed(this.#symbol(dc) & 15);
    for (let k = 1; k < 64; k++) {
      const symbol = this.#symbol(ac);
      const size = symbol & 15;
      k += symbol >> 4;
      if (size > 0) to[at + NATURAL[k]!] = this.#signed(size);
      else if (symbol !== 0xf0) break;
    }
  }

  /** G.1.2.1. */
  #dcFirst(to: Int16Array, at: number, c: number, dc: Codes): void {
    to[at] = (this.#predictions[c]! += this.#signed(this.#symbol(dc) & 15)) << this.#scan.low;
  }

  #dcRefine(to: Int16Array, at: number): void {
    if (this.#bits(1) === 1) to[at]! |= 1 << this.#scan.low;
  }

  /** G.1.2.2. */
  #acFirst(to: Int16Array, at: number, ac: Codes): void {
    if (this.#covered > 0) {
      this.#covered--;
      return;
    }
    const { firstIndex, lastIndex, low } = this.#scan;
    for (let k = firstIndex; k <= lastIndex; k++) {
      const symbol = this.#symbol(ac);
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size > 0) {
        k += run;
        to[at + NATURAL[k]!] = this.#signed(size) << low;
      } else if (run === 15) {
        k += 15;
      } else {
        this.#covered = (1 << run) - 1 + this.#bits(run);
        break;
      }
    }
  }

  /** G.1.2.3: each coefficient that is not zero already has a bit of its own, wherever the run passes it. */
  #acRefine(to: Int16Array, at: number, ac: Codes): void {
    const { firstIndex, lastIndex, low } = this.#scan;
    let k = firstIndex;
    if (this.#covered === 0) {
      for (; k <= lastIndex; k++) {
        const symbol = this.#symbol(ac);
        let run = symbol >> 4;
        let value = 0;
        if ((symbol & 15) > 0) {
          value = this.#bits(1) === 1 ? 1 << low : -1 << low;
        } else if (run < 15) {
          this.#covered = (1 << run) + this.#bits(run);
          break;
        }
        for (; k <= lastIndex; k++) {
          const place = at + NATURAL[k]!;
          if (to[place] !== 0) this.#refine(to, place);
          else if (--run < 0) break;
        }
        if (value !== 0 && k < 64) to[at + NATURAL[k]!] = value;
      }
    }
    if (this.#covered === 0) return;
    for (; k <= lastIndex; k++) {
      const place = at + NATURAL[k]!;
      if (to[place] !== 0) this.#refine(to, place);
    }
    this.#covered--;
  }

  #refine(to: Int16Array, place: number): void {
    const bit = 1 << this.#scan.low;
    if (this.#bits(1) === 1 && (to[place]! & bit) === 0) to[place]! += to[place]! >= 0 ? bit : -bit;
  }
}
