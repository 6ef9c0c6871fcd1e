// Records → the bytes of the .wandb file, in the blocks and chunks of wandb-format.ts.
import { crc32 } from "../crc32.ts";
import { BLOCK_BYTES, CHUNK_HEADER_BYTES, ChunkType, FILE_HEADER } from "../wandb-format.ts";

/**
 * The bytes to put at `offset`, the present end of the file, so that `records` follow there. At offset 0 the file's
 * header is among them: a file of a header alone would stop `wandb sync` for its whole directory.
 */
export function frameRecords(records: readonly Uint8Array[], offset: number): Uint8Array {
  let most = FILE_HEADER.length;
  for (const record of records) {
    const chunks = Math.ceil(record.length / (BLOCK_BYTES - CHUNK_HEADER_BYTES)) + 2;
    most += record.length + chunks * (CHUNK_HEADER_BYTES + CHUNK_HEADER_BYTES);
  }
  const out = new Uint8Array(most);
  const view = new DataView(out.buffer);
  let end = 0;

  function chunk(type: number, payload: Uint8Array): void {
    view.setUint16(end + 4, payload.length, true);
    out[end + 6] = type;
    out.set(payload, end + CHUNK_HEADER_BYTES);
    const next = end + CHUNK_HEADER_BYTES + payload.length;
    view.setUint32(end, crc32(out.subarray(end + 6, next)), true);
    end = next;
  }

  if (offset === 0) {
    out.set(FILE_HEADER);
    end = FILE_HEADER.length;
  }
  for (const record of records) {
    let left = BLOCK_BYTES - ((offset + end) % BLOCK_BYTES);
    if (left < CHUNK_HEADER_BYTES) {
      end += left; // a tail too short for a chunk header stays zero
      left = BLOCK_BYTES;
    }
    if (record.length + CHUNK_HEADER_BYTES <= left) {
      chunk(ChunkType.FULL, record);
      continue;
    }
    // With 7 bytes left this FIRST is empty; both official writers do that, and both readers take it.
    let done = left - CHUNK_HEADER_BYTES;
    chunk(ChunkType.FIRST, record.subarray(0, done));
    for (; record.length - done > BLOCK_BYTES - CHUNK_HEADER_BYTES; done += BLOCK_BYTES - CHUNK_HEADER_BYTES) {
      chunk(ChunkType.MIDDLE, record.subarray(done, done + BLOCK_BYTES - CHUNK_HEADER_BYTES));
    }
    chunk(ChunkType.LAST, record.subarray(done));
  }
  return out.subarray(0, end);
}
