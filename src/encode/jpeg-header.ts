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
  const bytes: number[] = [0xff, 0xd8];
  const segment = (marker: number, ...body: number[]): void => {
    bytes.push(0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body);
  };
  if (components.length === 4) {
    segment(0xee, ...ascii("Adobe"), 0, 100, 0, 0, 0, 0, 0); // version 100, no flags, transform 0: CMYK as it is
  } else {
    segment(0xe0, ...ascii("JFIF\0"), 1, 1, 0, 0, 1, 0, 1, 0, 0); // 1.01, pixels without a unit 1:1, no thumbnail
  }
  const tables = components.some(({ table }) => table === 1) ? [0, 1] : [0];
  for (const t of tables) segment(0xdb, t, ...quantTables[t]!);
  segment(
    0xc0,
    8,
    height >> 8,
    height & 255,
    width >> 8,
    width & 255,
    components.length,
    ...components.flatMap(({ id, sampling, table }) => [id, 17 * sampling, table]),
  );
  for (const t of tables) {
    segment(0xc4, t, ...huffman.dc[t]!.counts, ...huffman.dc[t]!.symbols);
    segment(0xc4, 16 + t, ...huffman.ac[t]!.counts, ...huffman.ac[t]!.symbols);
  }
  segment(0xda, components.length, ...components.flatMap(({ id, table }) => [id, 17 * table]), 0, 63, 0);
  return Uint8Array.from(bytes);
}

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
