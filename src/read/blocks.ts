// The bytes of a .wandb file → the records in its blocks and chunks (wandb-format.ts). The file may still be growing, may
// end anywhere, and may be damaged anywhere.
import { crc32 } from "../crc32.ts";
import { BLOCK_BYTES, CHUNK_HEADER_BYTES, ChunkType, FILE_HEADER } from "../wandb-format.ts";

/**
 * A chunk header may stand at any byte of a broken block. To find one there, this many bytes are summed at most: in one
 * block, and in a whole file before each block has to do with that.
 */
const SEARCH_BLOCK_BYTES = 64 * BLOCK_BYTES;
const SEARCH_FILE_BYTES = 2 ** 30;

/** How many bytes of a record are gathered at most: protobuf's own limit for a message. */
const MAX_RECORD_BYTES = 0x7fffffff;

const TORN = "the file ends inside a record";

/** How many places of damage are kept; all are counted. */
export const MAX_DAMAGE_KEPT = 1000;

export interface FramedRecord {
  /** The record's bytes: a view, good until the next call of `read`. */
  readonly payload: Uint8Array;
  /** Where its first chunk begins, in bytes from the start of the file. */
  readonly start: number;
  /** Where its last chunk ends: reading can be taken up again here. */
  readonly end: number;
}

/** A part of the file that holds no record that can be read. */
export interface Damage {
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

/** Takes a .wandb file in pieces, from its start or from the end of any record, and gives its records. */
export class BlockReader {
  /** From this byte of the file on the next piece is wanted. Chunks that were not whole are wanted again. */
  position: number;
  /** Where the last record that was given ends (or where reading began): reading can be taken up again here. */
  end: number;
  /** What could not be read, in order: the first 1,000 places. */
  readonly damage: Damage[] = [];
  damageCount = 0;

  /** The first chunks of a record whose last one was not seen yet. */
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #start = 0;
  #searchLeft = SEARCH_FILE_BYTES;

  /** @param offset where to begin: 0, or the `end` of a record */
  constructor(offset = 0) {
    this.position = offset;
    this.end = offset;
  }

  /**
   * The records that end in `bytes`. A chunk at the end of the file that is not whole, or broken, waits: `position` stays
   * before it.
   *
   * @param bytes the file from `position` on; at least 64 KiB, or all there is
   * @param last whether nothing will ever follow: then what waits is damage
   */
  *read(bytes: Uint8Array, last = false): Generator<FramedRecord, void, undefined> {
    const base = this.position;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    if (base === 0 && !this.#readHeader(bytes, last)) return;
    at = this.position - base;

    while (at < bytes.length) {
      const left = BLOCK_BYTES - ((base + at) % BLOCK_BYTES);
      if (left < CHUNK_HEADER_BYTES) {
        if (at + left > bytes.length) break;
        at += left; // a tail too short for a chunk header is padding
        this.position = base + at;
        continue;
      }
      const blockEnd = at + left;
      const length = at + CHUNK_HEADER_BYTES <= bytes.length ? view.getUint16(at + 4, true) : 0;
      const next = at + CHUNK_HEADER_BYTES + length;
      const end = Math.min(blockEnd, bytes.length);
      if (!isChunk(bytes, view, at, end)) {
        const torn = next > end && next <= blockEnd;
        const found = this.#search(bytes, view, at + 1, end);
        // What is half written is the last of a file: with a whole chunk behind it, it is broken.
        if (found === null && !last && (torn || blockEnd > bytes.length)) break;
        this.#skip(bytes, at, found ?? end, torn ? TORN : "a broken chunk");
        at = found ?? end;
        continue;
      }

      const type = bytes[at + 6]!;
      const payload = bytes.subarray(at + CHUNK_HEADER_BYTES, next);
      const start = base + at;
      at = next;
      this.position = base + at;
      const whole = this.#join(type, payload, start);
      if (whole === null) continue;
      this.end = base + at;
      yield { payload: whole, start: this.#start, end: this.end };
    }
    if (last) this.#abandon(base + bytes.length, TORN);
  }

  #readHeader(bytes: Uint8Array, last: boolean): boolean {
    if (bytes.length === 0 || (bytes.length < FILE_HEADER.length && !last)) return false;
    const end = Math.min(bytes.length, FILE_HEADER.length);
    for (let i = 0; i < FILE_HEADER.length; i++) {
      if (bytes[i] === FILE_HEADER[i]) continue;
      const newer = i === FILE_HEADER.length - 1 && end === FILE_HEADER.length;
      this.#report(0, end, newer ? "the header names a newer version of the format" : "no header of a .wandb file");
      break;
    }
    this.position = end;
    this.end = end;
    return true;
  }

  /** The whole record that a chunk ends, if it does. */
  #join(type: number, payload: Uint8Array, start: number): Uint8Array | null {
    const begins = type === ChunkType.FULL || type === ChunkType.FIRST;
    if (begins) {
      this.#abandon(start);
      this.#start = start;
    } else if (this.#parts.length === 0) {
      this.#report(start, this.position, "the end of a record without its beginning");
      return null;
    }
    if (type === ChunkType.FULL) return payload;
    if (this.#partsBytes + payload.length > MAX_RECORD_BYTES) {
      this.#abandon(this.position);
      return null;
    }
    if (type === ChunkType.LAST) {
      const whole = concatenated([...this.#parts, payload], this.#partsBytes + payload.length);
      this.#parts = [];
      this.#partsBytes = 0;
      return whole;
    }
    this.#parts.push(payload.slice());
    this.#partsBytes += payload.length;
    return null;
  }

  /** The record that was begun will not be ended. */
  #abandon(end: number, reason = "a record without its end"): void {
    if (this.#parts.length === 0) return;
    this.#parts = [];
    this.#partsBytes = 0;
    this.#report(this.#start, end, reason);
  }

  /**
   * The next chunk in the same block whose sum is right, or null. LevelDB's readers give up the rest of a broken block; but
   * each chunk has its own sum, and a record is worth a search.
   */
  #search(bytes: Uint8Array, view: DataView, from: number, end: number): number | null {
    let budget = Math.max(SEARCH_BLOCK_BYTES, this.#searchLeft);
    this.#searchLeft -= budget;
    let found: number | null = null;
    for (let i = from; i + CHUNK_HEADER_BYTES <= end && budget > 0; i++) {
      const type = bytes[i + 6]!;
      if (type < ChunkType.FULL || type > ChunkType.LAST) continue;
      const length = view.getUint16(i + 4, true);
      if (i + CHUNK_HEADER_BYTES + length > end) continue;
      budget -= length + 1;
      if (!isChunk(bytes, view, i, end)) continue;
      found = i;
      break;
    }
    this.#searchLeft += budget;
    return found;
  }

  /** Leaves out what is broken from `at` up to `to`, and the record that it is part of. */
  #skip(bytes: Uint8Array, at: number, to: number, reason: string): void {
    const start = this.#parts.length > 0 ? this.#start : this.position;
    this.#parts = [];
    this.#partsBytes = 0;
    this.position += to - at;
    this.#report(start, this.position, isZero(bytes, at, to) ? "zeros" : reason);
  }

  #report(start: number, end: number, reason: string): void {
    this.damageCount++;
    if (this.damage.length < MAX_DAMAGE_KEPT) this.damage.push({ start, end, reason });
  }
}

/** Whether a chunk with the right sum stands at `at` and ends by `end`. */
function isChunk(bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
  if (at + CHUNK_HEADER_BYTES > end) return false;
  const type = bytes[at + 6]!;
  const next = at + CHUNK_HEADER_BYTES + view.getUint16(at + 4, true);
  if (type < ChunkType.FULL || type > ChunkType.LAST || next > end) return false;
  return crc32(bytes, at + 6, next) === view.getUint32(at, true);
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

function concatenated(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
