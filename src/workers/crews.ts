// Frames that several workers encode: in shared memory, and large enough that it pays.
import { isShared } from "../copy-run.ts";
import { abandonParts, recallTeam, resetTeam, type TeamMemory, teamMemory } from "../team.ts";
import type { Request } from "./messages.ts";

/** Beside the leader. A 4K frame has four to eight parts. */
const MAX_HELPERS = 3;
/** Memory kept for the next frames. */
const MAX_FREE = 2;
/** Bytes of rows from which on a PNG has several segments (src/encode/png-segments.ts), and pixels of a JPEG. */
const MIN_PNG_BYTES = 10_000_000;
const MIN_JPEG_PIXELS = 1_000_000;

/** A frame on its way, and the workers that encode it. */
export class Crew {
  readonly memory: TeamMemory;
  /** What helpers are sent. */
  readonly #request: Request;
  readonly #onLeft: () => void;
  #helpers = 0;
  #members = 1;

  constructor(memory: TeamMemory, request: Request, onLeft: () => void) {
    this.memory = memory;
    this.#request = { ...request, buffers: [], team: memory };
    this.#onLeft = onLeft;
  }

  get wantsHelp(): boolean {
    return this.#helpers < this.memory.helpers;
  }

  /** What the next helper is sent. */
  join(): Request {
    this.#members++;
    return { ...this.#request, helper: ++this.#helpers };
  }

  /** No helper begins another part. */
  recall(): void {
    recallTeam(this.memory);
    this.#helpers = this.memory.helpers;
  }

  /** A helper has died. */
  abandon(helper: number): void {
    abandonParts(this.memory, helper);
    this.leave();
  }

  leave(): void {
    if (--this.#members === 0) this.#onLeft();
  }
}

export class Crews {
  readonly #helpers: number;
  readonly #free: TeamMemory[] = [];

  /** @param workers of the pool */
  constructor(workers: number) {
    this.#helpers = Math.min(MAX_HELPERS, workers - 1);
  }

  /** null: one worker encodes the frame. */
  of(request: Request): Crew | null {
    const bytes = sharedBytes(request);
    if (bytes === 0 || this.#helpers === 0) return null;
    const memory = this.#take(bytes);
    if (memory === null) return null;
    return new Crew(memory, request, () => {
      this.#free.push(memory);
      if (this.#free.length > MAX_FREE) this.#free.shift();
    });
  }

  /** null: there is no more memory. */
  #take(bytes: number): TeamMemory | null {
    const index = this.#free.findIndex((memory) => memory.bytes >= bytes);
    if (index < 0) {
      try {
        return teamMemory(bytes, this.#helpers);
      } catch {
        return null;
      }
    }
    const memory = this.#free.splice(index, 1)[0]!;
    resetTeam(memory);
    return memory;
  }
}

/** Bytes of a picture's rows, where several workers may read and encode them; else 0. */
function sharedBytes({ picture, options }: Request): number {
  if (picture.kind !== "frame" && picture.kind !== "decoded") return 0;
  const { width, height } = picture.kind === "frame" ? picture.frame : picture.rows;
  const { buffer } = picture.kind === "frame" ? picture.frame.data : picture.rows.pixels;
  if (!isShared(buffer)) return 0;
  const { fileType = "png", bitDepth = 8 } = options;
  const pixels = width * height;
  const channels = picture.kind === "frame" ? picture.frame.channels : picture.rows.pixels.length / pixels;
  const bytes = (pixels * channels * bitDepth) / 8;
  if (fileType === "png") return bytes >= MIN_PNG_BYTES ? bytes : 0;
  return fileType !== "bmp" && pixels >= MIN_JPEG_PIXELS ? bytes : 0;
}
