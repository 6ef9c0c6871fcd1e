// A JPEG's pixels, to the bit as Pillow's (libjpeg-turbo). Our own decoder, because jpeg-js repeats chroma where libjpeg
// smooths it, takes RGB for YCbCr, gives 12-bit and scan-less files as noise, asks for memory without a bound, and is not kept
// up. It reads baseline, extended and progressive Huffman files; arithmetic and lossless ones are refused by name.
import { broken, truncated, unsupported } from "./faults.ts";
import { type Component, inksOfYcc, inverseDct, rgbOfCmyk, rgbOfYcc, upsampledRow } from "./jpeg-pixels.ts";
import { type Codes, codesOf, NATURAL, type Plane, readScan, type Scan } from "./jpeg-scan.ts";
import { APP0, APP14, DHT, DQT, DRI, EOI, type JpegFrame, jpegFrame, SOS, segmentAt } from "./jpeg-segments.ts";
import type { Pixels } from "./pixels.ts";

/** @throws RangeError for a file that is broken, or of a kind that is not decoded here */
export function jpegPixels(bytes: Uint8Array): Pixels {
  const { frame, scan } = jpegFrame(bytes);
  checkKind(frame);
  checkSize(bytes, frame, scan);
  const jpeg = new Decoder(bytes, frame);
  jpeg.readSegments();
  return jpeg.pixels();
}

function checkKind({ marker }: JpegFrame): void {
  if (marker <= 0xc2) return;
  const kind = marker === 0xc3 || marker >= 0xcb ? "lossless" : marker >= 0xc9 ? "arithmetic-coded" : "hierarchical";
  throw unsupported(
    `a JPEG of the ${kind} kind (SOF${marker - 0xc0}), whose pixels are not read back; save it as baseline`,
  );
}

/** A block takes a bit at least: what claims more pixels than its bytes can hold is refused before memory is asked for. */
function checkSize(bytes: Uint8Array, { width, height, components }: JpegFrame, scan: number): void {
  const [across, down] = [Math.max(...components.map(({ h }) => h)), Math.max(...components.map(({ v }) => v))];
  if (components.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) {
    throw broken("a JPEG with sampling factors that are not 1 to 4");
  }
  const blocks = components.reduce(
    (total, { h, v }) => total + Math.ceil((width * h) / (8 * across)) * Math.ceil((height * v) / (8 * down)),
    0,
  );
  const present = bytes.length - scan;
  if (present * 8 < blocks) {
    throw truncated(`${width}×${height} pixels take ${Math.ceil(blocks / 8)} bytes at least; it has ${present}`);
  }
}

type Tables = (Codes | undefined)[];

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #frame: JpegFrame;
  readonly #across: number;
  readonly #down: number;
  readonly #planes: readonly Plane[];
  readonly #quantization: (Uint16Array | undefined)[] = [];
  /** The tables that held at a component's first scan, as libjpeg latches them. */
  readonly #divisors = new Map<Plane, Uint16Array>();
  readonly #dc: Tables = [];
  readonly #ac: Tables = [];
  #restart = 0;
  #hasJfif = false;
  #adobe: number | undefined;

  constructor(bytes: Uint8Array, frame: JpegFrame) {
    this.#bytes = bytes;
    this.#frame = frame;
    this.#across = Math.max(...frame.components.map(({ h }) => h));
    this.#down = Math.max(...frame.components.map(({ v }) => v));
    this.#planes = frame.components.map(({ id, h, v, table }) => {
      const wide = Math.ceil((frame.width * h) / (8 * this.#across));
      const high = Math.ceil((frame.height * v) / (8 * this.#down));
      const columns = this.#mcusWide * h;
      return { id, h, v, table, wide, high, columns, coefficients: new Int16Array(columns * this.#mcusHigh * v * 64) };
    });
  }

  get #mcusWide(): number {
    return Math.ceil(this.#frame.width / (8 * this.#across));
  }

  get #mcusHigh(): number {
    return Math.ceil(this.#frame.height / (8 * this.#down));
  }

  readSegments(): void {
    for (let at = 2; ; ) {
      const segment = segmentAt(this.#bytes, at);
      // Pillow asks for no end where all scans are there.
      if (segment === undefined || segment.marker === EOI) return;
      at = segment.marker === SOS ? this.#readScan(segment.data, segment.end) : segment.end;
      this.#readTables(segment.marker, segment.data);
    }
  }

  #readTables(marker: number, data: Uint8Array): void {
    if (marker === DQT) this.#readQuantization(data);
    else if (marker === DHT) this.#readHuffman(data);
    else if (marker === DRI) this.#restart = (data[0]! << 8) | data[1]!;
    else if (marker === APP0) this.#hasJfif ||= startsWith(data, "JFIF\0");
    else if (marker === APP14 && startsWith(data, "Adobe") && data.length >= 12) this.#adobe = data[11];
  }

  /** T.81 B.2.4.1. */
  #readQuantization(data: Uint8Array): void {
    for (let at = 0; at < data.length; ) {
      const wide = data[at]! >> 4 !== 0;
      const table = new Uint16Array(64);
      this.#quantization[data[at++]! & 15] = table;
      if (at + (wide ? 128 : 64) > data.length) throw broken("a JPEG whose quantization table is cut short");
      for (const place of NATURAL.subarray(0, 64)) {
        table[place] = wide ? (data[at++]! << 8) | data[at++]! : data[at++]!;
      }
    }
  }

  /** T.81 B.2.4.2. */
  #readHuffman(data: Uint8Array): void {
    for (let at = 0; at + 17 <= data.length; ) {
      const kind = data[at]!;
      const counts = data.slice(at + 1, at + 17);
      const symbols = counts.reduce((total, count) => total + count, 0);
      at += 17;
      if (at + symbols > data.length) throw broken("a JPEG whose Huffman table is cut short");
      (kind >> 4 === 0 ? this.#dc : this.#ac)[kind & 15] = codesOf(counts, data.slice(at, at + symbols));
      at += symbols;
    }
  }

  /** T.81 B.2.3. */
  #readScan(data: Uint8Array, start: number): number {
    const count = data[0] ?? 0;
    const [firstIndex = 0, lastIndex = 63, bits = 0] = data.subarray(1 + 2 * count);
    const progressive = this.#frame.marker === 0xc2;
    if (count < 1 || count > 4 || firstIndex > lastIndex || lastIndex > 63)
      throw broken("a JPEG with a broken scan header");
    const parts = Array.from({ length: count }, (_, i) => {
      const [id, tables = 0] = data.subarray(1 + 2 * i);
      const plane = this.#planes.find((one) => one.id === id);
      if (plane === undefined) throw broken(`a JPEG whose scan names component ${id}, which its frame does not have`);
      this.#latchDivisors(plane);
      return { plane, dc: this.#dc[tables >> 4], ac: this.#ac[tables & 15] };
    });
    const scan: Scan = {
      parts,
      progressive,
      firstIndex,
      lastIndex,
      high: bits >> 4,
      low: bits & 15,
      restart: this.#restart,
      mcusWide: this.#mcusWide,
      mcusHigh: this.#mcusHigh,
    };
    checkTables(scan);
    return readScan(this.#bytes, start, scan);
  }

  #latchDivisors(plane: Plane): void {
    if (this.#divisors.has(plane)) return;
    const divisors = this.#quantization[plane.table];
    if (divisors === undefined) throw broken(`a JPEG without its quantization table ${plane.table}`);
    this.#divisors.set(plane, divisors);
  }

  // --- pixels

  pixels(): Pixels {
    const { width, height } = this.#frame;
    const components = this.#planes.map((plane) => this.#component(plane));
    const rows = components.map(({ width, across }) => new Uint8Array(width * across));
    const channels = components.length === 1 ? 1 : 3;
    const data = new Uint8Array(width * height * channels);
    const write = this.#rowWriter(rows, width, data);
    for (let y = 0; y < height; y++) {
      components.forEach((component, c) => {
        upsampledRow(component, y, rows[c]!);
      });
      write(y * width * channels);
    }
    return { data, width, height, channels };
  }

  #component(plane: Plane): Component {
    const { h, v, wide, high, columns, coefficients } = plane;
    const single = this.#planes.length === 1;
    const [across, down] = single ? [1, 1] : [this.#across / h, this.#down / v];
    if (!Number.isInteger(across) || !Number.isInteger(down)) {
      throw unsupported("a JPEG with fractional sampling, which Pillow does not read either");
    }
    const divisors = this.#divisors.get(plane);
    if (divisors === undefined) throw broken("a JPEG with a component that no scan holds");
    const stride = wide * 8;
    const samples = { data: new Uint8Array(stride * high * 8), stride };
    for (let row = 0; row < high; row++) {
      for (let column = 0; column < wide; column++) {
        inverseDct(coefficients, (row * columns + column) * 64, divisors, samples, row * 8 * stride + column * 8);
      }
    }
    const [width, height] = [Math.ceil(this.#frame.width / across), Math.ceil(this.#frame.height / down)];
    return { ...samples, width, height, across, down };
  }

  #rowWriter(rows: readonly Uint8Array[], width: number, data: Uint8Array): (at: number) => void {
    const [first, second, third] = rows as [Uint8Array, Uint8Array, Uint8Array];
    if (rows.length === 1) return (at) => data.set(first.subarray(0, width), at);
    if (rows.length === 4) {
      return (at) => {
        if (this.#adobe !== undefined && this.#adobe !== 0) inksOfYcc(first, second, third, width);
        rgbOfCmyk(rows, width, data, at);
      };
    }
    if (!this.#isRgb()) return (at) => rgbOfYcc(first, second, third, width, data, at);
    return (at) => {
      for (let x = 0; x < width; x++) for (let c = 0; c < 3; c++) data[at++] = rows[c]![x]!;
    };
  }

  /** libjpeg's default_decompress_parms: JFIF is YCbCr; else Adobe's marker says; else the components' names. */
  #isRgb(): boolean {
    if (this.#hasJfif) return false;
    if (this.#adobe !== undefined) return this.#adobe === 0;
    return this.#planes.map(({ id }) => String.fromCharCode(id)).join("") === "RGB";
  }
}

function checkTables({ parts, progressive, firstIndex, high }: Scan): void {
  const needsDc = firstIndex === 0 && (!progressive || high === 0);
  const needsAc = !progressive || firstIndex > 0;
  for (const { dc, ac } of parts) {
    if ((needsDc && dc === undefined) || (needsAc && ac === undefined)) {
      throw unsupported(
        "a JPEG without its Huffman tables (DHT), as frames of Motion JPEG come; decode it with its film",
      );
    }
  }
}

function startsWith(data: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (data[i] !== text.charCodeAt(i)) return false;
  return true;
}
