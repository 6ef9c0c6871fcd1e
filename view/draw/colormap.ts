// Colormaps for pictures of one channel: nine points of matplotlib's viridis and magma and of Google's turbo, joined by
// straight lines, at most 3 of 255 from the originals.
const POINTS = {
  viridis: "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725",
  magma: "000004 1d1147 51127c 832681 b73779 e75263 fc8961 fec488 fcfdbf",
  turbo: "30123b 4662d7 36aaf9 1ae4b6 72fe5e c8ef34 faba39 f66b19 7a0403",
} as const;

/** 256 × RGB. */
export function colormapTable(name: keyof typeof POINTS): Uint8Array {
  const points = POINTS[name]
    .split(" ")
    .map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * 8;
    const k = Math.min(7, Math.floor(place));
    for (let c = 0; c < 3; c++) {
      const [from, to] = [points[k]![c]!, points[k + 1]![c]!];
      table[3 * i + c] = Math.round(from + (place - k) * (to - from));
    }
  }
  return table;
}
