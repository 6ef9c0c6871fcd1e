// Pictures as terminals take them: kitty's and iTerm2's files, sixel, and half blocks in 24 bits or 256 colors.
import { encodeRaster } from "./apng.ts";
import { indexed } from "./palette-image.ts";
import { type Raster, resized } from "./raster.ts";

export type Protocol = "kitty" | "iterm" | "sixel" | "blocks" | "256";

export const PROTOCOLS: readonly Protocol[] = ["kitty", "iterm", "sixel", "blocks", "256"];

/** A cell of the terminal, in pixels. */
export interface Cell {
  readonly width: number;
  readonly height: number;
}

/** A picture with its place: `columns` × `rows` cells. */
export interface Placed {
  readonly columns: number;
  readonly rows: number;
  /** The file, where nothing was drawn into it; else null. */
  readonly file: Uint8Array | null;
  readonly raster: () => Raster;
}

/** The largest place of the picture's shape; no larger than its pixels where the terminal shows pixels. */
export function fittedCells(
  picture: { width: number; height: number },
  most: { columns: number; rows: number },
  cell: Cell,
) {
  const scale = Math.min((most.columns * cell.width) / picture.width, (most.rows * cell.height) / picture.height);
  return {
    columns: Math.max(1, Math.min(most.columns, Math.round((picture.width * scale) / cell.width))),
    rows: Math.max(1, Math.min(most.rows, Math.round((picture.height * scale) / cell.height))),
  };
}

/** What is written with the cursor at the place's left top corner. For half blocks one text a row, else a single text. */
export function written(protocol: Protocol, placed: Placed, cell: Cell): string[] {
  const { columns, rows } = placed;
  switch (protocol) {
    case "kitty":
      return [kitty(placed)];
    case "iterm":
      return [iterm(placed)];
    case "sixel":
      return [sixel(resized(placed.raster(), columns * cell.width, Math.floor((rows * cell.height) / 6) * 6))];
    case "blocks":
      return blocks(resized(placed.raster(), columns, 2 * rows), trueColor);
    case "256":
      return blocks(resized(placed.raster(), columns, 2 * rows), paletteColor);
  }
}

const isPng = (file: Uint8Array) => file[0] === 0x89 && file[1] === 0x50;

/** Chunks of 4096 characters; C=1 leaves the cursor where it is; q=2 asks for no answer. */
function kitty({ file, raster, columns, rows }: Placed): string {
  const png = file !== null && isPng(file) ? file : encodeRaster(raster());
  const text = Buffer.from(png).toString("base64");
  let out = "";
  for (let at = 0; at < text.length; at += 4096) {
    const more = at + 4096 < text.length ? 1 : 0;
    const control = at === 0 ? `a=T,f=100,C=1,q=2,c=${columns},r=${rows},m=${more}` : `m=${more}`;
    out += `\x1b_G${control};${text.slice(at, at + 4096)}\x1b\\`;
  }
  return out;
}

/** OSC 1337; also WezTerm's, VS Code's and mintty's. */
function iterm({ file, raster, columns, rows }: Placed): string {
  const bytes = file ?? encodeRaster(raster());
  const control = `inline=1;size=${bytes.length};width=${columns};height=${rows};preserveAspectRatio=1`;
  return `\x1b]1337;File=${control}:${Buffer.from(bytes).toString("base64")}\x07`;
}

/** DEC's sixel: six rows at a time, each color's pixels as one run-length encoded line. */
export function sixel(raster: Raster): string {
  const { width, height, indices, palette } = indexed(raster);
  let out = `\x1bP0;1;0q"1;1;${width};${height}`;
  const used = new Uint8Array(256);
  for (const index of indices) used[index] = 1;
  for (let i = 0; i < 256; i++) {
    if (!used[i]) continue;
    const [r, g, b] = [0, 1, 2].map((c) => Math.round((palette[3 * i + c]! * 100) / 255));
    out += `#${i};2;${r};${g};${b}`;
  }
  for (let y = 0; y < height; y += 6) out += `${band(indices, width, Math.min(6, height - y), y)}-`;
  return `${out.slice(0, -1)}\x1b\\`;
}

function band(indices: Uint8Array, width: number, rows: number, y: number): string {
  const lines = new Map<number, Uint8Array>();
  for (let k = 0; k < rows; k++) {
    for (let x = 0, at = (y + k) * width; x < width; x++, at++) {
      const index = indices[at]!;
      let line = lines.get(index);
      if (!line) lines.set(index, (line = new Uint8Array(width)));
      line[x]! |= 1 << k;
    }
  }
  return Array.from(lines, ([index, line]) => `#${index}${runs(line)}`).join("$");
}

function runs(line: Uint8Array): string {
  let out = "";
  for (let x = 0; x < line.length; ) {
    let count = 1;
    while (line[x + count] === line[x]) count++;
    const character = String.fromCharCode(63 + line[x]!);
    x += count;
    if (x === line.length && character === "?") break; // nothing follows in this color
    out += count > 3 ? `!${count}${character}` : character.repeat(count);
  }
  return out;
}

type Color = (r: number, g: number, b: number) => string;

/** The upper half block in the upper pixel's color, on the lower one's. */
function blocks({ data, width, height }: Raster, color: Color): string[] {
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let [line, before] = ["", ""];
    for (let x = 0; x < width; x++) {
      const [upper, lower] = [(y * width + x) * 3, ((y + 1) * width + x) * 3];
      const style = `\x1b[38;${color(data[upper]!, data[upper + 1]!, data[upper + 2]!)};48;${color(data[lower]!, data[lower + 1]!, data[lower + 2]!)}m`;
      line += style === before ? "▀" : `${style}▀`;
      before = style;
    }
    lines.push(`${line}\x1b[0m`);
  }
  return lines;
}

const trueColor: Color = (r, g, b) => `2;${r};${g};${b}`;

const LEVELS = [0, 95, 135, 175, 215, 255];

/** xterm's 256 colors: the nearer of its cube's and its grays' best. */
function paletteColor(r: number, g: number, b: number): string {
  const nearest = (value: number) => {
    let best = 0;
    for (let i = 1; i < 6; i++) if (Math.abs(LEVELS[i]! - value) < Math.abs(LEVELS[best]! - value)) best = i;
    return best;
  };
  const cube = [nearest(r), nearest(g), nearest(b)];
  const gray = Math.min(23, Math.max(0, Math.round(((r + g + b) / 3 - 8) / 10)));
  const distance = (x: number, y: number, z: number) => (x - r) ** 2 + (y - g) ** 2 + (z - b) ** 2;
  const level = 8 + 10 * gray;
  const byCube = distance(LEVELS[cube[0]!]!, LEVELS[cube[1]!]!, LEVELS[cube[2]!]!);
  if (distance(level, level, level) < byCube) return `5;${232 + gray}`;
  return `5;${16 + 36 * cube[0]! + 6 * cube[1]! + cube[2]!}`;
}
