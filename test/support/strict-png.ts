// A PNG reader that forgives nothing: chunk order, every CRC, the zlib stream to its last bit and Adler-32, the exact
// number of filtered bytes. Independent of the encoder and of its decoders.
import { inflateRawSync } from "node:zlib";

export interface StrictPng {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly palette: Uint8Array | undefined;
  readonly alphas: Uint8Array | undefined;
  /** Samples as the file has them, unpacked to a number each. */
  readonly samples: Uint16Array;
  readonly filters: Uint8Array;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  for (let bit = 0; bit < 8; bit++) i = i & 1 ? (i >>> 1) ^ 0xedb88320 : i >>> 1;
  return i;
});

export function plainCrc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = (c >>> 8) ^ CRC_TABLE[(c ^ byte) & 255]!;
  return ~c >>> 0;
}

export function plainAdler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

function must(truth: boolean, what: string): asserts truth {
  if (!truth) throw new Error(`not a strict PNG: ${what}`);
}

export function readStrictly(file: Uint8Array): StrictPng {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const signature = [137, 80, 78, 71, 13, 10, 26, 10];
  must(
    signature.every((byte, i) => file[i] === byte),
    "signature",
  );
  const chunks: { type: string; data: Uint8Array }[] = [];
  for (let at = 8; at < file.length; ) {
    const length = view.getUint32(at);
    must(at + 12 + length <= file.length, "chunk past the end");
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    const crc = plainCrc32(file.subarray(at + 4, at + 8 + length));
    must(crc === view.getUint32(at + 8 + length), `CRC of ${type}`);
    chunks.push({ type, data: file.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  const order = chunks.map(({ type }) => type).join(" ");
  must(/^IHDR( PLTE)?( tRNS)?( IDAT)+ IEND$/.test(order), `order ${order}`);
  const header = chunks[0]!.data;
  must(header.length === 13 && chunks.at(-1)!.data.length === 0, "IHDR or IEND length");
  const ihdr = new DataView(header.buffer, header.byteOffset, 13);
  const [width, height] = [ihdr.getUint32(0), ihdr.getUint32(4)];
  const [depth, colorType] = [header[8]!, header[9]!];
  must(header[10] === 0 && header[11] === 0 && header[12] === 0, "IHDR methods");
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colorType];
  must(channels !== undefined && depth <= 16, "color type");
  const palette = chunks.find(({ type }) => type === "PLTE")?.data;
  const alphas = chunks.find(({ type }) => type === "tRNS")?.data;
  must((colorType === 3) === (palette !== undefined), "PLTE where it belongs");
  must(palette === undefined || (palette.length % 3 === 0 && palette.length <= 3 << depth), "PLTE length");
  must(alphas === undefined || (palette !== undefined && alphas.length * 3 <= palette.length), "tRNS length");

  const stream = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  must(((stream[0]! << 8) | stream[1]!) % 31 === 0 && stream[0] === 0x78 && (stream[1]! & 0x20) === 0, "zlib header");
  const { buffer: filtered, engine } = inflateRawSync(stream.subarray(2), { info: true } as object) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  must(2 + engine.bytesWritten + 4 === stream.length, "deflate ends where Adler-32 begins");
  must(plainAdler32(filtered) === stream.readUInt32BE(stream.length - 4), "Adler-32");
  const stride = Math.ceil((width * channels * depth) / 8);
  must(filtered.length === height * (stride + 1), "filtered length");

  const pixel = Math.max(1, (channels * depth) >> 3);
  const filters = new Uint8Array(height);
  let above: Uint8Array = new Uint8Array(stride);
  const samples = new Uint16Array(width * height * channels);
  for (let y = 0, next = 0; y < height; y++) {
    const type = filtered[y * (stride + 1)]!;
    must(type <= 4, "filter type");
    filters[y] = type;
    const row = filtered.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    for (let i = 0; i < stride; i++) {
      const left = i < pixel ? 0 : row[i - pixel]!;
      const corner = i < pixel ? 0 : above[i - pixel]!;
      row[i]! += [0, left, above[i]!, (left + above[i]!) >> 1, plainPaeth(left, above[i]!, corner)][type]!;
    }
    above = row;
    for (let i = 0; i < width * channels; i++) {
      if (depth === 16) samples[next++] = (row[2 * i]! << 8) | row[2 * i + 1]!;
      else samples[next++] = (row[(i * depth) >> 3]! >> (8 - depth - ((i * depth) & 7))) & ((1 << depth) - 1);
    }
    const spare = stride * 8 - width * channels * depth;
    must(spare === 0 || (row[stride - 1]! & ((1 << spare) - 1)) === 0, "bits past the row's end");
  }
  if (colorType === 3)
    must(
      samples.every((index) => index * 3 < palette!.length),
      "index beyond PLTE",
    );
  return { width, height, depth, colorType, palette, alphas, samples, filters };
}

function plainPaeth(left: number, up: number, corner: number): number {
  const p = left + up - corner;
  const [a, b, c] = [Math.abs(p - left), Math.abs(p - up), Math.abs(p - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** RGBA, 16 bits a sample, whatever the form: for comparing what two files show. */
export function rgba16(png: StrictPng): Uint16Array {
  const { samples, colorType, depth, palette, alphas } = png;
  const count = png.width * png.height;
  const out = new Uint16Array(count * 4);
  const scale = colorType === 3 ? 257 : 65535 / ((1 << depth) - 1);
  for (let i = 0; i < count; i++) {
    let pixel: number[];
    if (colorType === 3) {
      const index = samples[i]!;
      pixel = [...palette!.subarray(index * 3, index * 3 + 3), alphas?.[index] ?? 255];
    } else {
      const gray = colorType === 0 || colorType === 4;
      const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[colorType]!;
      const at = i * channels;
      const color = gray ? [samples[at]!, samples[at]!, samples[at]!] : [...samples.subarray(at, at + 3)];
      pixel = [...color, channels % 2 === 0 ? samples[at + channels - 1]! : (1 << depth) - 1];
    }
    for (let c = 0; c < 4; c++) out[i * 4 + c] = pixel[c]! * scale;
  }
  return out;
}
