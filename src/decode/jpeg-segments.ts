// A JPEG's segments (ITU-T T.81, annex B): its frame header, and whether the file is whole. Faults are judged as Pillow
// (JpegImagePlugin, then libjpeg) judges them.
import { broken, bytesIn, truncated, unsupported } from "./faults.ts";

export interface JpegComponent {
  readonly id: number;
  /** Sampling factors. */
  readonly h: number;
  readonly v: number;
  /** Its quantization table. */
  readonly table: number;
}

export interface JpegFrame {
  /** The marker's second byte: 0xC0 baseline, 0xC1 extended, 0xC2 progressive … */
  readonly marker: number;
  readonly width: number;
  readonly height: number;
  readonly components: readonly JpegComponent[];
}

/** A marker with its segment. */
export interface Segment {
  readonly marker: number;
  /** What follows the length: a view. Empty for a marker that stands alone. */
  readonly data: Uint8Array;
  /** Behind the segment. */
  readonly end: number;
}

export const [DHT, SOS, DQT, DRI, EOI, APP0, APP14] = [0xc4, 0xda, 0xdb, 0xdd, 0xd9, 0xe0, 0xee] as const;

/** Markers without a segment: TEM, restarts, start and end (T.81 table B.1). */
const standsAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd9);

/** Start of frame: SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
const startsFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Where the next marker's second byte is, from `at` on; -1: there is none. Stuffed and fill bytes are no markers (B.1.1). */
function nextMarker(bytes: Uint8Array, at: number): number {
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return -1;
    while (bytes[at] === 0xff) at++;
    if (at >= bytes.length) return -1;
    if (bytes[at] !== 0) return at;
  }
}

/**
 * The next marker from `at` on, junk before it skipped as libjpeg does.
 * @throws RangeError where its segment is cut
 */
export function segmentAt(bytes: Uint8Array, at: number): Segment | undefined {
  const place = nextMarker(bytes, at);
  if (place < 0) return undefined;
  const marker = bytes[place]!;
  if (standsAlone(marker)) return { marker, data: bytes.subarray(place, place), end: place + 1 };
  const length = (bytes[place + 1]! << 8) | bytes[place + 2]!;
  const lacking = place + 1 + length - bytes.length;
  if (place + 2 >= bytes.length || lacking > 0) {
    throw truncated(`its ${nameOf(marker)} segment is cut short${lacking > 0 ? ` by ${bytesIn(lacking)}` : ""}`);
  }
  if (length < 2) throw broken(`a JPEG whose ${nameOf(marker)} segment has a length of ${length}`);
  return { marker, data: bytes.subarray(place + 3, place + 1 + length), end: place + 1 + length };
}

function nameOf(marker: number): string {
  if (startsFrame(marker)) return "frame header (SOF)";
  if (marker >= APP0 && marker <= 0xef) return `APP${marker - APP0}`;
  return NAMES[marker] ?? `FF${marker.toString(16).toUpperCase()}`;
}

const NAMES: Readonly<Record<number, string>> = {
  [DHT]: "DHT",
  [DQT]: "DQT",
  [SOS]: "SOS",
  [DRI]: "DRI",
  254: "comment",
};

/**
 * The frame header, and where the first scan's header begins.
 * @throws RangeError for a frame that Pillow refuses, and for a file without a scan
 */
export function jpegFrame(bytes: Uint8Array): { frame: JpegFrame; scan: number } {
  let frame: JpegFrame | undefined;
  for (let at = 2; ; ) {
    const segment = segmentAt(bytes, at);
    if (segment === undefined) {
      throw truncated(frame === undefined ? "it ends before its frame header (SOF)" : "it ends before its first scan");
    }
    const { marker, data, end } = segment;
    if (marker === SOS) {
      if (frame === undefined) throw broken("a JPEG with a scan before its frame header");
      return { frame, scan: at };
    }
    if (marker === EOI) throw broken("a JPEG without a scan: it holds no pixels");
    if (startsFrame(marker)) frame = frameIn(marker, data);
    at = end;
  }
}

/** T.81 B.2.2. */
function frameIn(marker: number, data: Uint8Array): JpegFrame {
  const [bits = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, count = 0] = data;
  const [width, height] = [(w1 << 8) | w0, (h1 << 8) | h0];
  if (bits !== 8) {
    throw unsupported(
      `cannot handle ${bits}-bit layers: a JPEG of ${bits} bits a sample, which neither Pillow nor browsers read`,
    );
  }
  if (![1, 3, 4].includes(count))
    throw unsupported(`cannot handle ${count}-layer images: a JPEG of ${count} components`);
  if (width === 0 || height === 0) throw broken(`a JPEG of ${width}×${height} pixels`);
  if (data.length < 6 + 3 * count) throw broken("a JPEG whose frame header is too short for its components");
  const components = Array.from({ length: count }, (_, i) => {
    const [id = 0, sampling = 0, table = 0] = data.subarray(6 + 3 * i);
    return { id, h: sampling >> 4, v: sampling & 15, table };
  });
  return { marker, width, height, components };
}

/** Frames whose pixels libjpeg gives out only when it has met the end of the file: progressive ones. */
const needsEnd = ({ marker }: JpegFrame) => marker === 0xc2 || marker === 0xc6 || marker === 0xca || marker === 0xce;

/**
 * What is missing after the pixels; undefined: nothing.
 * @throws RangeError where the file ends before its pixels do, which shows by the marker behind them
 */
export function whatJpegLacks(bytes: Uint8Array, frame: JpegFrame, scan: number): string | undefined {
  let at = scan;
  for (let scans = 0; ; ) {
    const place = nextMarker(bytes, at);
    if (place < 0) throw truncated("its end, the EOI marker, is missing");
    const marker = bytes[place]!;
    if (marker === EOI) return undefined;
    if (marker >= 0xd0 && marker <= 0xd7) {
      at = place + 1;
      continue;
    }
    // A picture of one scan is complete with the first marker behind that.
    const complete = scans > 0 && !needsEnd(frame) && bytes[scan + 4] === frame.components.length;
    if (complete) return hasEnd(bytes, place + 1) ? undefined : "its end, the EOI marker";
    const segment = segmentAt(bytes, place - 1)!;
    if (marker === SOS) scans++;
    at = segment.end;
  }
}

function hasEnd(bytes: Uint8Array, at: number): boolean {
  for (let place = nextMarker(bytes, at); place >= 0; place = nextMarker(bytes, place)) {
    if (bytes[place] === EOI) return true;
  }
  return false;
}
