// A grid as rows, for the encoder: a row of pictures is put together at a time, so that nothing as large as the grid is held.
import { kernels } from "../kernels.ts";
import { BAND_BYTES, BYTES_PER_PIXEL, type Mode, type Rows } from "../rows.ts";

/** Channels and bits of the modes that pictures come in before a mode is asked for. */
const FORMS: Partial<Record<Mode, { readonly channels: 1 | 2 | 3 | 4; readonly deep: boolean }>> = {
  L: { channels: 1, deep: false },
  LA: { channels: 2, deep: false },
  RGB: { channels: 3, deep: false },
  RGBA: { channels: 4, deep: false },
  "I;16": { channels: 1, deep: true },
  "RGB;16": { channels: 3, deep: true },
};

/** Where pictures stand. */
export interface GridLayout {
  readonly count: number;
  readonly columns: number;
  readonly padding: number;
  /** Width and height of a cell without its padding: the largest picture's. */
  readonly cellWidth: number;
  readonly cellHeight: number;
}

/** Puts pictures first … first + count − 1, a row of the grid, into the wall, at `leftOf(0)` and further right. */
type FillRow = (first: number, count: number) => void;

export class Wall {
  readonly mode: Mode;
  readonly width: number;
  readonly height: number;
  readonly #layout: GridLayout;
  readonly #channels: number;
  /** A row of cells with the padding below them; in kernel memory where there is room. */
  #band: Uint8Array | Uint16Array;
  /** A row of pixels that no picture covers. */
  readonly #blank: Uint8Array | Uint16Array;

  /**
   * @param modes those of the pictures: it has color, alpha and 16 bits where one of them has
   * @param fill red, green and blue, 0 to 255, of what no picture covers
   */
  constructor(layout: GridLayout, modes: readonly Mode[], fill: readonly [number, number, number]) {
    const { count, columns, padding, cellWidth, cellHeight } = layout;
    const forms = modes.map((mode) => FORMS[mode]!);
    const isGray = fill[0] === fill[1] && fill[1] === fill[2];
    const color = !isGray || forms.some(({ channels }) => channels > 2);
    const alpha = forms.some(({ channels }) => channels % 2 === 0);
    const deep = forms.some((form) => form.deep);
    if (deep && alpha) {
      throw new RangeError(
        "bitDepth: 16 holds 1 or 3 channels; one of the pictures has alpha. Pass background, or bitDepth: 8",
      );
    }
    this.#layout = layout;
    this.#channels = (color ? 3 : 1) + (alpha ? 1 : 0);
    this.mode = deep ? (color ? "RGB;16" : "I;16") : color ? (alpha ? "RGBA" : "RGB") : alpha ? "LA" : "L";
    this.width = Math.min(columns, count) * (cellWidth + padding) + padding;
    this.height = Math.ceil(count / columns) * (cellHeight + padding) + padding;
    const valuesOf = (length: number) => (deep ? new Uint16Array(length) : new Uint8Array(length));
    const row = this.width * this.#channels;
    const pixel = [...fill.slice(0, color ? 3 : 1), 255].map((value) => value * (deep ? 257 : 1));
    this.#blank = valuesOf(row);
    for (let i = 0; i < row; i++) this.#blank[i] = pixel[i % this.#channels]!;
    this.#band = valuesOf(row * (cellHeight + padding));
  }

  /** Copies within kernel memory take half the time. */
  #moveToKernel(): void {
    const { buffer, reserve, available } = kernels();
    const { byteLength, length } = this.#band;
    if (byteLength > Math.min(MOST_KERNEL_BYTES, available() / 4)) return;
    const at = reserve(byteLength);
    this.#band =
      this.#band.BYTES_PER_ELEMENT === 2 ? new Uint16Array(buffer, at, length) : new Uint8Array(buffer, at, length);
  }

  #clear(): void {
    const row = this.#blank.length;
    this.#band.set(this.#blank);
    for (let filled = row; filled < this.#band.length; filled *= 2) this.#band.copyWithin(filled, 0, filled);
  }

  /** The grid's rows. To be read inside one `scratch`. @param isFull whether every picture fills its cell */
  rows(fillRow: FillRow, isFull: boolean): Rows {
    const { u8 } = kernels();
    this.#moveToKernel();
    this.#clear();
    const { mode, width, height } = this;
    const { count, columns, padding, cellHeight } = this.#layout;
    const stride = width * BYTES_PER_PIXEL[mode];
    const step = cellHeight + padding;
    let current = -1;
    const read = (y: number, rows: number, dst: number): void => {
      for (const end = y + rows; y < end; ) {
        const line = Math.floor((y - padding) / step);
        if (y < padding) {
          u8.set(bytesOf(this.#blank), dst);
          y++;
          dst += stride;
          continue;
        }
        // Rows are read downwards; the top is read anew where an encoder reads a grid twice.
        if (line !== current) {
          const first = line * columns;
          const here = Math.min(columns, count - first);
          if (!isFull || here < columns) this.#clear();
          fillRow(first, here);
          current = line;
        }
        const inside = y - padding - line * step;
        const now = Math.min(end - y, step - inside);
        copy(bytesOf(this.#band), inside * stride, now * stride, u8, dst);
        y += now;
        dst += now * stride;
      }
    };
    return { mode, width, height, read };
  }

  /**
   * Puts rows `first` to `first` + `count` − 1 into the band: of pictures of `height` rows each, below each other in `rows`, from a
   * cell of the grid's row on. To be called inside the `scratch` that made them.
   */
  place(rows: Rows, first: number, count: number, into: { cell: number; height: number; flipY: boolean }): void {
    const { u8, buffer, reserve, scratch } = kernels();
    const { channels, deep } = FORMS[rows.mode]!;
    const { padding, cellWidth } = this.#layout;
    const { height, flipY } = into;
    const stride = rows.width * BYTES_PER_PIXEL[rows.mode];
    const values = rows.width * channels;
    const chunk = Math.max(1, Math.min(count, Math.floor(BAND_BYTES / stride)));
    const isSame = this.#channels === channels && deep === (this.#band.BYTES_PER_ELEMENT === 2);
    scratch(() => {
      const at = reserve(chunk * stride);
      const source = deep ? new Uint16Array(buffer, at, chunk * values) : u8.subarray(at, at + chunk * values);
      for (let done = 0; done < count; done += chunk) {
        const now = Math.min(chunk, count - done);
        rows.read(first + done, now, at);
        for (let row = 0; row < now; row++) {
          const picture = Math.floor((done + row) / height);
          const inside = done + row - picture * height;
          const y = flipY ? height - 1 - inside : inside;
          const to = (y * this.width + padding + (into.cell + picture) * (cellWidth + padding)) * this.#channels;
          if (isSame) copy(source, row * values, values, this.#band, to);
          else this.#placeRow(source.subarray(row * values, (row + 1) * values), channels, to);
        }
      }
    });
  }

  #placeRow(row: Uint8Array | Uint16Array, channels: number, to: number): void {
    const isDeep = this.#band.BYTES_PER_ELEMENT === 2;
    const scale = isDeep && row.BYTES_PER_ELEMENT === 1 ? 257 : 1;
    const opaque = isDeep ? 65535 : 255;
    const [colors, own] = [this.#channels > 2 ? 3 : 1, channels > 2 ? 3 : 1];
    for (let i = 0; i < row.length; i += channels, to += this.#channels) {
      for (let c = 0; c < colors; c++) this.#band[to + c] = row[own === 1 ? i : i + c]! * scale;
      if (colors < this.#channels) this.#band[to + colors] = own < channels ? row[i + own]! * scale : opaque;
    }
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

type Values = Uint8Array | Uint16Array;

/** Below so many values a loop is faster than a call. */
const FEW = 48;

/** A row of cells larger than this stays outside kernel memory, which the encoder needs. */
const MOST_KERNEL_BYTES = 1 << 20;

function copy(from: Values, at: number, count: number, to: Values, start: number): void {
  if (count < FEW) {
    for (let i = 0; i < count; i++) to[start + i] = from[at + i]!;
  } else if (from.buffer === to.buffer) {
    const size = to.BYTES_PER_ELEMENT;
    const begin = from.byteOffset + at * size;
    kernels().u8.copyWithin(to.byteOffset + start * size, begin, begin + count * size);
  } else {
    to.set(from.subarray(at, at + count), start);
  }
}
