// The files that logged values name, and values without those that are lost.

export interface MediaFile {
  /** Below files/. */
  readonly path: string;
  /** 64 hexadecimal digits; null where the row does not say. */
  readonly sha256: string | null;
  /** Bytes; null where the row does not say. */
  readonly size: number | null;
}

type Json = Readonly<Record<string, unknown>>;

/** Values nested deeper than this are taken as they are: no media lies there. */
const MAX_DEPTH = 100;

/** The outermost media objects in a row or summary, and lists of them, each with its path of keys. */
export function* mediaIn(
  value: unknown,
  path: readonly string[] = [],
): Generator<{ path: readonly string[]; value: unknown }, void, undefined> {
  if (path.length > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    if (value.some(isMedia)) yield { path, value };
  } else if (isMedia(value) && path.length > 0) {
    yield { path, value };
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) yield* mediaIn(inner, [...path, key]);
  }
}

/** The files that a media object names: its own, those of its boxes and masks, those of a list's pictures. */
export function* filesOf(value: unknown, depth = 0): Generator<MediaFile, void, undefined> {
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    for (const item of value) yield* filesOf(item, depth + 1);
  } else if (isObject(value)) {
    if (isMedia(value) && isFile(value.path)) {
      const { path, sha256, size } = value;
      const digits = typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : null;
      yield { path, sha256: digits, size: typeof size === "number" ? size : null };
    }
    if (Array.isArray(value.filenames)) {
      for (const path of value.filenames.filter(isFile)) yield { path, sha256: null, size: null };
    }
    for (const inner of Object.values(value)) yield* filesOf(inner, depth + 1);
  }
}

/**
 * A media object without the files that are lost: a picture goes whole when its own file is lost; boxes and masks go
 * alone; of a list go the pictures that are lost.
 * @returns undefined where nothing is left
 */
export function withoutLost(value: unknown, isLost: (path: string) => boolean): unknown {
  if (Array.isArray(value)) {
    const kept = value.map((item) => withoutLost(item, isLost)).filter((item) => item !== undefined);
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  if (!isObject(value)) return value;
  if (isMedia(value) && isFile(value.path) && isLost(value.path)) return undefined;
  const whole = Array.isArray(value.filenames) ? shortened(value, value.filenames, isLost) : value;
  if (whole === undefined) return undefined;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(whole)) {
    const rest = LAYERS.includes(key) ? layersWithoutLost(inner, isLost) : inner;
    if (rest !== undefined) kept[key] = rest;
  }
  return kept;
}

const LAYERS = ["boxes", "masks", "all_boxes", "all_masks"];

/** A picture's layers by name, or those of a list's pictures: null for one without. */
function layersWithoutLost(layers: unknown, isLost: (path: string) => boolean): unknown {
  if (Array.isArray(layers)) {
    const kept = layers.map((layer) => layersWithoutLost(layer, isLost) ?? null);
    return kept.every((layer) => layer === null) ? undefined : kept;
  }
  if (!isObject(layers)) return layers ?? undefined;
  const kept = Object.entries(layers).filter(([, layer]) => withoutLost(layer, isLost) !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** A list without its lost pictures; what it says of each goes with it. */
function shortened(list: Json, filenames: readonly unknown[], isLost: (path: string) => boolean): Json | undefined {
  const stays = filenames.map((path) => !(isFile(path) && isLost(path)));
  if (!stays.includes(true)) return undefined;
  const kept = Object.entries(list).map(([key, inner]) => [
    key,
    Array.isArray(inner) && inner.length === filenames.length ? inner.filter((_, i) => stays[i]) : inner,
  ]);
  const { length } = stays.filter(Boolean);
  return { ...Object.fromEntries(kept), ...("count" in list && { count: length }) };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isMedia(value: unknown): value is Json {
  return isObject(value) && typeof value._type === "string";
}

function isFile(path: unknown): path is string {
  return typeof path === "string" && path.startsWith("media/");
}
