// What the viewer's page asks of a set of runs, and the answers. The same questions are answered over HTTP (server.ts), by
// a file that holds all answers (export), and in the page itself for a dropped zip.

/** `stopped`: no end was written, and the file has not grown for a minute. `unreadable`: see `reason`. */
export type RunState = "live" | "stopped" | "finished" | "failed" | "unreadable";

export interface RunHead {
  /** Names the run in links and addresses: its run id, or its directory's name where two runs share one. */
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly state: RunState;
  /** Why it cannot be read, or with which code it failed. */
  readonly reason?: string;
  /** Milliseconds since 1970. */
  readonly startTime: number | null;
  readonly folder: string;
  readonly tags: readonly string[];
  readonly notes?: string;
  readonly group?: string;
  /** These are there once the file was read whole. */
  readonly steps?: number;
  readonly pictures?: number;
  readonly last?: Readonly<Record<string, string>>;
}

export interface RunsAnswer {
  /** Where the runs were looked for, as people are told it. */
  readonly place: string;
  readonly runs: readonly RunHead[];
  /** What an exported page left out, in words. */
  readonly note?: string;
}

/** Steps in rising order as arithmetic runs: start, stride, count, start, stride, count … */
export type PackedSteps = readonly number[];

/** What a run holds: small even for 100,000 pictures. */
export interface RunIndex {
  readonly id: string;
  /** Grows with the file: another value means that there is more to ask for. */
  readonly version: number;
  readonly lastStep: number;
  /** The steps of each key that holds pictures. */
  readonly pictures: Readonly<Record<string, PackedSteps>>;
  /** Those of them that hold lists. */
  readonly lists: readonly string[];
  /** Keys of numbers, and how many each has. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Keys that hold neither. */
  readonly others: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  /** Class names by key and layer: labels[key][layer][id]. */
  readonly labels: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
  /** Blocks of the file that could not be read and were skipped. */
  readonly brokenBlocks: number;
}

export interface BoxMark {
  /** Left, top, right, bottom; fractions of the picture unless `pixel`. */
  readonly at: readonly [number, number, number, number];
  readonly pixel?: true;
  readonly classId?: number;
  readonly caption?: string;
  readonly scores?: Readonly<Record<string, number>>;
}

export interface PictureMark {
  /** Below the run's files/. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly caption?: string;
  readonly boxes?: Readonly<Record<string, readonly BoxMark[]>>;
  /** Paths of the masks' files by layer. */
  readonly masks?: Readonly<Record<string, string>>;
}

/** What a key holds at a step. */
export interface PictureRow {
  readonly step: number;
  readonly pictures: readonly PictureMark[];
}

/** A key's numbers, thinned: for each bucket its first step, least and greatest value. `null` is NaN. */
export interface ScalarLine {
  readonly steps: readonly number[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** A whole column, for the slider's axis. */
export interface Column {
  readonly steps: PackedSteps;
  readonly values: readonly (number | null)[];
}

export interface ConsoleLine {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface ConsoleAnswer {
  /** The last ones. */
  readonly lines: readonly ConsoleLine[];
  /** How many come before them. */
  readonly left: number;
}

/** `run`: its file grew or its state changed; `runs`: the list did. */
export type ViewEvent =
  | { readonly type: "runs" }
  | { readonly type: "run"; readonly id: string; readonly version: number };

/** Steps of a packed list, one by one. */
export function unpackSteps(packed: PackedSteps): Float64Array {
  let count = 0;
  for (let i = 2; i < packed.length; i += 3) count += packed[i]!;
  const steps = new Float64Array(count);
  for (let i = 0, n = 0; i < packed.length; i += 3) {
    for (let k = 0; k < packed[i + 2]!; k++) steps[n++] = packed[i]! + k * packed[i + 1]!;
  }
  return steps;
}

export function packSteps(steps: ArrayLike<number>): number[] {
  const packed: number[] = [];
  for (let i = 0; i < steps.length; ) {
    const stride = i + 1 < steps.length ? steps[i + 1]! - steps[i]! : 0;
    let count = 1;
    while (i + count < steps.length && steps[i + count]! - steps[i + count - 1]! === stride) count++;
    packed.push(steps[i]!, stride, count);
    i += count;
  }
  return packed;
}
