// Boxes and masks are given in the input's coordinates; where `maxSize` or `flipY` puts its pixels elsewhere, they follow.

/** Two corners, or the middle and the size; `minX` is the left side, `minY` the upper one. */
export type BoxPosition =
  | { readonly minX: number; readonly minY: number; readonly maxX: number; readonly maxY: number }
  | { readonly middle: ArrayLike<number>; readonly width: number; readonly height: number };

/** Where the pixels of an input went. */
export interface Placement {
  readonly from: { readonly width: number; readonly height: number };
  readonly to: { readonly width: number; readonly height: number };
  readonly flipY: boolean;
}

/** Whether everything stayed where it was. */
export function isInPlace({ from, to, flipY }: Placement): boolean {
  return !flipY && from.width === to.width && from.height === to.height;
}

/** A box's position, in the form it was given in, in the picture. */
export function placedPosition(position: BoxPosition, pixel: boolean, { from, to, flipY }: Placement): BoxPosition {
  const [sx, sy] = pixel ? [to.width / from.width, to.height / from.height] : [1, 1];
  const bottom = pixel ? to.height : 1;
  const placedY = (y: number) => (flipY ? bottom - y * sy : y * sy);
  if ("middle" in position) {
    const { middle, width, height } = position;
    return { middle: [middle[0]! * sx, placedY(middle[1]!)], width: width * sx, height: height * sy };
  }
  const { minX, maxX, minY, maxY } = position;
  const [top, low] = flipY ? [maxY, minY] : [minY, maxY];
  return { minX: minX * sx, maxX: maxX * sx, minY: placedY(top), maxY: placedY(low) };
}

/** Class ids in the picture: of each pixel's area the one in the middle, as a mean of classes would be none. */
export function placedIds(ids: Uint8Array, { from, to, flipY }: Placement): Uint8Array {
  const placed = new Uint8Array(to.width * to.height);
  for (let y = 0, i = 0; y < to.height; y++) {
    const row = Math.floor(((y + 0.5) * from.height) / to.height);
    const start = (flipY ? from.height - 1 - row : row) * from.width;
    for (let x = 0; x < to.width; x++, i++) placed[i] = ids[start + Math.floor(((x + 0.5) * from.width) / to.width)]!;
  }
  return placed;
}
