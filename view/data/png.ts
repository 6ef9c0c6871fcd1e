// A PNG's samples as they are in the file, 8 or 16 bits (PNG, third edition, clauses 5, 9 and 11). The browser's own decoder
// gives 8 bits with alpha multiplied in; its inflate is used.

export interface PngSamples {
  readonly data: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
}

/** By color type; a palette and an interlaced picture are left to the browser. */
const CHANNELS: Readonly<Record<number, PngSamples["channels"]>> = { 0: 1, 2: 3, 4: 2, 6: 4 };

/** @returns null for what this does not read: palettes, fewer than 8 bits, interlaced pictures */
export async function decodePng(blob: Blob): Promise<PngSamples | null> {
  const file = new Uint8Array(await blob.arrayBuffer());
  const view = new DataView(file.buffer);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, type, interlaced] = [file[24]!, file[25]!, file[28]! !== 0];
  const channels = CHANNELS[type];
  if (channels === undefined || (depth !== 8 && depth !== 16) || interlaced) return null;
  const stride = (width * channels * depth) / 8;
  const rows = await inflated(compressed(file, view), height * (stride + 1));
  const bytes = unfiltered(rows, width === 0 ? 0 : stride, height, (channels * depth) / 8);
  if (depth === 8) return { data: bytes, width, height, channels };
  const samples = new Uint16Array(bytes.length / 2);
  for (let i = 0; i < samples.length; i++) samples[i] = (bytes[2 * i]! << 8) | bytes[2 * i + 1]!;
  return { data: samples, width, height, channels };
}

function compressed(file: Uint8Array<ArrayBuffer>, view: DataView): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 12 <= file.length; at += view.getUint32(at) + 12) {
    if (view.getUint32(at + 4) === 0x49444154) parts.push(file.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  return parts;
}

async function inflated(parts: Uint8Array<ArrayBuffer>[], length: number): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(length);
  const reader = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  for (let done = 0; done < length; ) {
    const { value } = await reader.read();
    if (value === undefined) throw new Error("the picture's data end early");
    out.set(value.subarray(0, length - done), done);
    done += value.length;
  }
  await reader.cancel().catch(() => {}); // what follows the pixels is no matter here
  return out;
}

/** Undoes the filters row by row (clause 9); `step` is the distance to the same byte of the pixel to the left. */
function unfiltered(rows: Uint8Array, stride: number, height: number, step: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    const from = y * (stride + 1) + 1;
    const at = y * stride;
    for (let i = 0; i < stride; i++) {
      const left = i >= step ? out[at + i - step]! : 0;
      const up = y > 0 ? out[at + i - stride]! : 0;
      const corner = i >= step && y > 0 ? out[at + i - stride - step]! : 0;
      out[at + i] = rows[from + i]! + predicted(filter, left, up, corner);
    }
  }
  return out;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4: {
      const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
      return a <= b && a <= c ? left : b <= c ? up : corner;
    }
    default:
      return 0;
  }
}
