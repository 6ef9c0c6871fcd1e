// Records → the bytes of the .wandb file, in the blocks and chunks of wandb-format.ts.
import { crc32 } from "../crc32.ts";
import { BLOCK_BYTES, CHUNK_HEADER_BYTES, ChunkType, FILE_HEADER } from "../wandb-format.ts";

/** What most rows take; frames are made here, and leave as a copy of their own size. */
let scratch = new Uint8Array(1 << 16);
let view = new DataView(scratch.buffer);

/**
 * The bytes to put at `offset`, the present end of the file, so that `records` follow there. At offset 0 the file's
 * header is among them: a file of a header alone would stop `wandb sync` for its whole directory.
 */
export function frameRecords(records: Iterable<Uint8Array>, offset: number): Uint8Array {
  let end = 0;
  if (offset === 0) {
    scratch.set(FILE_HEADER);
    end = FILE_HEADER.length;
  }
  for (const record of records) end = frameRecord(record, offset, end);
  const framed = scratch.slice(0, end);
  if (scratch.length > 1 << 22) grow(1 << 16, 0); // after rare large rows
  return framed;
}

/** Puts the record behind `end` bytes that follow `offset`; returns their end. */
function frameRecord(record: Uint8Array, offset: number, end: number): number {
  const chunks = Math.ceil(record.length / (BLOCK_BYTES - CHUNK_HEADER_BYTES)) + 2;
  const most = end + record.length + chunks * 2 * CHUNK_HEADER_BYTES;
  if (most > scratch.length) grow(2 * most, end);
  let left = BLOCK_BYTES - ((offset + end) % BLOCK_BYTES);
  if (left < CHUNK_HEADER_BYTES) {
    scratch.fill(0, end, end + left); // a tail too short for a chunk header stays zero
    end += left;
    left = BLOCK_BYTES;
  }
  if (record.length + CHUNK_HEADER_BYTES <= left) return chunk(ChunkType.FULL, record, end);
  // With 7 bytes left this FIRST is empty; both official writers do that, and both readers take it.
  let done = left - CHUNK_HEADER_BYTES;
  end = chunk(ChunkType.FIRST, record.subarray(0, done), end);
  for (; record.length - done > BLOCK_BYTES - CHUNK_HEADER_BYTES; done += BLOCK_BYTES - CHUNK_HEADER_BYTES) {
    end = chunk(ChunkType.MIDDLE, record.subarray(done, done + BLOCK_BYTES - CHUNK_HEADER_BYTES), end);
  }
  return chunk(ChunkType.LAST, record.subarray(done), end);
}

function chunk(type: number, payload: Uint8Array, end: number): number {
  view.setUint16(end + 4, payload.length, true);
  scratch[end + 6] = type;
  scratch.set(payload, end + CHUNK_HEADER_BYTES);
  const next = end + CHUNK_HEADER_BYTES + payload.length;
  view.setUint32(end, crc32(scratch, end + 6, next), true);
  return next;
}

function grow(bytes: number, kept: number): void {
  const before = scratch;
  scratch = new Uint8Array(bytes);
  view = new DataView(scratch.buffer);
  scratch.set(before.subarray(0, kept));
}
