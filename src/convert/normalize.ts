// Frame → 8-bit Rows by a rule. To scan an array for the rule first would read it twice. Instead the rule is guessed from a few
// of its values, and the scan runs band by band just before the conversion: a value that proves the guess wrong starts it anew.
import type { Frame } from "../frame.ts";
import { kernels } from "../kernels.ts";
import { BYTES_PER_PIXEL, MODE_OF_CHANNELS, type Mode, type RowParts, type Rows } from "../rows.ts";
import type { OnWarning } from "../warnings.ts";
import type { Colormap } from "./adjust/colormap.ts";
import { entryWriter } from "./color-entries.ts";
import { CLIPPED, type Decision, decisionFor } from "./decision.ts";
import { decideRange, decideRange16, type ValueOptions } from "./rule.ts";
import { TileReader } from "./tiles.ts";
import { ValueStats } from "./value-stats.ts";
import { warnAboutValues } from "./value-warnings.ts";
import { backFromReach, withinReach } from "./wide-range.ts";

/** What was done to an array's values, and what they were. */
export interface Normalization {
  /** [0,1] → ·255; [-1,1] → 127.5·(x + 1); clipped to [0,255]; the array's own or a given range stretched; by type. */
  readonly rule: "unit" | "signed" | "clip" | "minmax" | "range" | "dtype";
  /** Smallest and largest value, NaN left out; NaN if there is no other value. A 64-bit integer as the nearest number. */
  readonly min: number;
  readonly max: number;
  /** How many values are NaN (drawn as 0). */
  readonly nan: number;
  /** How many values lay outside what 0 … 255 stand for, and became 0 or 255. */
  readonly clipped: number;
}

export interface NormalizeOptions extends ValueOptions {
  /** A decision made over several frames (`decideRange`); instead of `range`. */
  readonly decision?: Decision | undefined;
  /** Given: the values of one channel become entries of a map's 256 colors. */
  readonly colormap?: Colormap | undefined;
  readonly onWarning?: OnWarning | undefined;
}

export interface Normalized {
  readonly rows: Rows;
  /** To be called after `rows` have been read to their end; null with `normalize: false`. */
  readonly normalization: (() => Normalization) | null;
}

/**
 * `use`, given the array as 8-bit rows. By W&B's rule, guessed: 1.4 to 1.7 times as fast as a scan of the whole before it. As a guess
 * only ever moves from [0,1] to [-1,1] to clipping, `use` runs at most three times. Opens a `scratch` for each run.
 */
export function normalize<T>(frame: Frame, options: NormalizeOptions, use: (normalized: Normalized) => T): T {
  const { scratch } = kernels();
  const { range = "auto", decision, denormalize, bitDepth = 8 } = options;
  const known = options.normalize === false || range !== "auto" || decision !== undefined;
  if (known || denormalize !== undefined || bitDepth === 16) return scratch(() => use(normalizedRows(frame, options)));
  for (let guess = decideRange([sampled(frame)]); ; ) {
    try {
      return scratch(() => use(rowsBy(guess, frame, options, true)));
    } catch (error) {
      if (!(error instanceof WrongGuess)) throw error;
      guess = error.decision;
    }
  }
}

/** Thrown by the Rows of a guess when a value proves it wrong. */
class WrongGuess extends Error {
  readonly decision: Decision;

  constructor(decision: Decision) {
    super("the range was guessed wrong");
    this.decision = decision;
  }
}

/** At most 32 × 32 pixels of a frame, evenly spread: a view. */
function sampled({ stacked, ...frame }: Frame): Frame {
  const { strides } = frame;
  // Of pictures below each other the first.
  const rows = stacked?.height ?? frame.height;
  const height = Math.min(32, rows);
  const width = Math.min(32, frame.width);
  const y = strides.y * Math.floor(rows / height);
  const x = strides.x * Math.floor(frame.width / width);
  return { ...frame, height, width, strides: { y, x, c: strides.c } };
}

/**
 * The array as rows of mode L, LA, RGB or RGBA, or I;16 or RGB;16, by a rule that is decided beforehand. To be called, and the rows
 * read, inside one `scratch`. Warns when the last row has been read.
 * @throws RangeError for 2 or 4 channels of 16 bits
 */
export function normalizedRows(frame: Frame, options: NormalizeOptions): Normalized {
  const { decision, range, denormalize, bitDepth } = options;
  const raw = options.normalize === false;
  if (bitDepth === 16) {
    const decision16 = raw
      ? decideRange16(frame, "byte", undefined, undefined)
      : decideRange16(frame, range, denormalize, decision);
    return rowsBy(decision16, frame, options, false);
  }
  return rowsBy(raw ? CLIPPED : (decision ?? decideRange([frame], range, denormalize)), frame, options, false);
}

function modeOf({ channels }: Frame, bitDepth: 8 | 16): Mode {
  if (bitDepth === 8) return MODE_OF_CHANNELS[channels - 1]!;
  if (channels === 1) return "I;16";
  if (channels === 3) return "RGB;16";
  throw new RangeError(`bitDepth: expected an array of 1 or 3 channels for 16; got ${channels} channels`);
}

function rowsBy(decision: Decision, given: Frame, options: NormalizeOptions, guessed: boolean): Normalized {
  const frame = decision.reach === undefined ? given : withinReach(given, decision.reach);
  const { height, width } = frame;
  const { bitDepth = 8, onWarning } = options;
  const mode = modeOf(frame, bitDepth);
  const raw = options.normalize === false;
  const tiles = new TileReader(frame, options.denormalize);
  const stats = new ValueStats();
  const asEntries = options.colormap !== undefined && frame.channels === 1 && bitDepth === 8;
  const entries = asEntries ? entryWriter(frame, decision) : undefined;
  const write = entries ?? (bitDepth === 16 ? tiles.scaler16(decision) : tiles.scaler(decision));
  const stride = width * BYTES_PER_PIXEL[mode];
  let warned = false;
  let counts = true;
  let first = 0;

  /** Rows come downwards, so the first reading sees each value once. */
  const scan = (tile: number, rows: number): void => {
    tiles.scan(tile, rows, stats);
    if (stats.min >= decision.lo && stats.max <= decision.hi) return;
    if (guessed && decision.rule !== "clip") throw new WrongGuess(decisionFor(stats));
    stats.clipped += tiles.outside(tile, rows, decision);
  };

  const read: Rows["read"] = (y, count, dst) => {
    if (y === 0 && stats.rows < height && counts) stats.clear();
    for (const end = y + count; y < end; ) {
      const rows = Math.min(tiles.rows, end - y);
      const tile = tiles.load(y, rows, bitDepth === 16 || entries !== undefined ? null : dst);
      if (y === stats.rows && counts) scan(tile, rows);
      write(tile, rows, dst);
      y += rows;
      dst += rows * stride;
    }
    finish();
  };
  const finish = () => {
    if (stats.rows - first < height || warned) return;
    warned = true;
    warnAboutValues(given, stats, decision, raw, bitDepth, onWarning);
  };
  const parts: RowParts = {
    read,
    start(y) {
      stats.clear();
      stats.rows = first = y;
    },
    uncounted(read) {
      counts = false;
      try {
        return read();
      } finally {
        counts = true;
      }
    },
    found: () => [stats.rows - first, stats.min, stats.max, stats.nan, stats.clipped],
    add(found) {
      stats.add(found);
      finish();
    },
  };
  return {
    rows: { mode, width, height, read, parts },
    normalization: raw ? null : () => report(decision, stats),
  };
}

function report({ rule, reach }: Decision, { min, max, nan, clipped }: ValueStats): Normalization {
  const isEmpty = min > max;
  const asGiven = (value: number) => (isEmpty ? NaN : reach === undefined ? value : backFromReach(value, reach));
  return { rule, min: asGiven(min), max: asGiven(max), nan, clipped };
}
