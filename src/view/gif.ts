// An animated GIF (GIF89a): a palette a frame, LZW, the loop of Netscape's extension.
import type { Indexed } from "./palette-image.ts";

/** Bytes in pieces, as they are made. */
class Pieces {
  readonly #parts: Uint8Array[] = [];

  add(...bytes: number[]): void {
    this.#parts.push(Uint8Array.from(bytes));
  }

  addBytes(bytes: Uint8Array): void {
    this.#parts.push(bytes);
  }

  get whole(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

const word = (value: number) => [value & 255, value >> 8] as const;

/** @param frames all of one size @param delay seconds a frame; GIF counts hundredths, and players take at least 2 of them */
export function encodeGif(frames: readonly Indexed[], delay: number): Uint8Array {
  const { width, height } = frames[0]!;
  const out = new Pieces();
  out.addBytes(new TextEncoder().encode("GIF89a"));
  out.add(...word(width), ...word(height), 0x70, 0, 0);
  out.add(0x21, 0xff, 11);
  out.addBytes(new TextEncoder().encode("NETSCAPE2.0"));
  out.add(3, 1, 0, 0, 0); // for ever
  const hundredths = Math.max(2, Math.round(100 * delay));
  for (const { indices, palette } of frames) {
    out.add(0x21, 0xf9, 4, 0x04, ...word(hundredths), 0, 0);
    out.add(0x2c, 0, 0, 0, 0, ...word(width), ...word(height), 0x87); // a local table of 256 colors
    out.addBytes(palette);
    out.add(8);
    const packed = lzw(indices);
    for (let at = 0; at < packed.length; at += 255) {
      const block = packed.subarray(at, at + 255);
      out.add(block.length);
      out.addBytes(block);
    }
    out.add(0);
  }
  out.add(0x3b);
  return out.whole;
}

const CLEAR = 256;
const END = 257;
const MAX_CODES = 4096;

/** Appendix F, with 8-bit symbols: codes from 9 to 12 bits, the table begun anew when it is full. */
function lzw(indices: Uint8Array): Uint8Array {
  let out = new Uint8Array(indices.length + 1024);
  let [length, held, bits] = [0, 0, 0];
  const write = (code: number, width: number) => {
    held |= code << bits;
    bits += width;
    while (bits >= 8) {
      if (length === out.length) out = grown(out);
      out[length++] = held & 255;
      held >>>= 8;
      bits -= 8;
    }
  };
  // The code of (prefix, symbol) at prefix · 256 + symbol; its generation saves clearing the table.
  const codes = new Uint16Array(MAX_CODES * 256);
  const made = new Uint16Array(MAX_CODES * 256);
  let generation = 1;
  let [next, width] = [END + 1, 9];
  write(CLEAR, width);
  let prefix = indices[0]!;
  for (let i = 1; i < indices.length; i++) {
    const place = prefix * 256 + indices[i]!;
    if (made[place] === generation) {
      prefix = codes[place]!;
      continue;
    }
    write(prefix, width);
    if (next < MAX_CODES) {
      codes[place] = next;
      made[place] = generation;
      if (next === 1 << width && width < 12) width++;
      next++;
    } else {
      write(CLEAR, width);
      generation++;
      [next, width] = [END + 1, 9];
    }
    prefix = indices[i]!;
  }
  write(prefix, width);
  write(END, width);
  if (bits > 0) write(0, 8 - bits);
  return out.subarray(0, length);
}

function grown(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 2);
  larger.set(bytes);
  return larger;
}
