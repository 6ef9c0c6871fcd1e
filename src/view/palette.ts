// Class colors, the same in the page, in a terminal and in videos: eight that most eyes tell apart (Okabe and Ito, 2008,
// black left out and a second green added), then hues by the golden angle at three lightnesses.
const FIRST = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#0072b2", "#7fc97f"];

/** "#rrggbb". Class 0 is far down the row: under a background class 1 begins it. */
export function paletteColor(id: number): string {
  const i = (((id - 1) % 256) + 256) % 256;
  if (i < FIRST.length) return FIRST[i]!;
  const k = i - FIRST.length;
  return fromHsl((k * 137.508 + 20) % 360, 0.65, [0.6, 0.42, 0.74][k % 3]!);
}

function fromHsl(hue: number, saturation: number, lightness: number): string {
  const a = saturation * Math.min(lightness, 1 - lightness);
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    const value = lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${part(0)}${part(8)}${part(4)}`;
}

/** Red, green, blue. */
export function rgbOf(color: string): readonly [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
