// Interleaved pixels → planes, for who wants them back channels first.

/** A copy, [channels][pixels]. */
export function toPlanes<T extends Uint8Array | Uint16Array>(data: T, channels: number): T {
  const planes = data.slice() as T;
  const pixels = data.length / channels;
  for (let i = 0, o = 0; o < pixels; o++) {
    for (let c = 0; c < channels; c++) planes[c * pixels + o] = data[i++]!;
  }
  return planes;
}
