// The segments of a JPEG file before its entropy-coded bytes (ITU-T T.81, annex B), as libjpeg writes them.
import type { HuffmanTables } from "./jpeg-tables.ts";

export interface Component {
  readonly id: number;
  /** Samples across and down for one of the least sampled component's: 1 or 2. */
  readonly sampling: number;
  /** Which quantization and Huffman tables: 0 or 1. */
  readonly table: number;
}

/** Everything before the entropy-coded bytes, segment for segment as libjpeg writes it. */
export function jpegHeader(
  width: number,
  height: number,
  components: readonly Component[],
  quantTables: readonly Uint8Array[],
  huffman: HuffmanTables,
): Uint8Array {
  const bytes = new Uint8Array(MOST_BYTES);
  bytes.set([0xff, 0xd8]);
  let end = 2;
  const segment = (marker: number, ...parts: ArrayLike<number>[]): void => {
    const start = end;
    end += 4;
    for (const part of parts) {
      bytes.set(part, end);
      end += part.length;
    }
    const length = end - start - 2;
    bytes.set([0xff, marker, length >> 8, length & 255], start);
  };
  if (components.length === 4) {
    segment(0xee, ascii("Adobe"), [0, 100, 0, 0, 0, 0, 0]); // version 100, no flags, transform 0: CMYK as it is
  } else {
    segment(0xe0, ascii("JFIF\0"), [1, 1, 0, 0, 1, 0, 1, 0, 0]); // 1.01, pixels without a unit 1:1, no thumbnail
  }
  const tables = components.some(({ table }) => table === 1) ? [0, 1] : [0];
  for (const t of tables) segment(0xdb, [t], quantTables[t]!);
  const sampling = components.flatMap(({ id, sampling, table }) => [id, 17 * sampling, table]);
  segment(0xc0, [8, height >> 8, height & 255, width >> 8, width & 255, components.length], sampling);
  for (const t of tables) {
    segment(0xc4, [t], huffman.dc[t]!.counts, huffman.dc[t]!.symbols);
    segment(0xc4, [16 + t], huffman.ac[t]!.counts, huffman.ac[t]!.symbols);
  }
  const used = components.flatMap(({ id, table }) => [id, 17 * table]);
  segment(0xda, [components.length], used, [0, 63, 0]);
  return bytes.subarray(0, end);
}

/** More than two tables of each kind at their largest need. */
const MOST_BYTES = 2048;

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
