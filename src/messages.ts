// What errors and warnings say of a value, and the codes by which programs tell errors apart.

/** "Float32Array", "ArrayBuffer", "Object" …, of whatever realm. Buffer is a Uint8Array. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** A value in the words of an error message: `"jpg"`, `90`, `an array of 3`, `Float32Array(12)`, `an object { data, shpe }`. */
export function describe(value: unknown): string {
  if (typeof value === "string") return value.length > 80 ? `a string of ${value.length} characters` : quoted(value);
  if (typeof value === "function") return `a function${value.name === "" ? "" : ` ${value.name}`}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value) && "length" in value) return `${nameOf(value)}(${value.length})`;
  const name = nameOf(value);
  return name === "Object" ? describeObject(value) : `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

/** Its JSON, which shows more than `describe`, where there is a short one: what holds itself or BigInts has none. */
export function shown(value: unknown): string {
  try {
    const json = JSON.stringify(value);
    if (json?.length <= 200) return printable(json);
  } catch {
    // No JSON.
  }
  return describe(value);
}

/** With the names of its fields, among which a misspelt one shows. */
function describeObject(value: object): string {
  const fields = Object.keys(value);
  if (fields.length === 0) return "an empty object";
  return `an object { ${fields.slice(0, 6).join(", ")}${fields.length > 6 ? ", …" : ""} }`;
}

function nameOf(value: object): string {
  const tag = tagOf(value);
  return tag === "Object" ? value.constructor?.name || "Object" : tag;
}

/**
 * `text` on one line, for a terminal: control characters, line separators and the marks that turn the direction of writing are
 * shown as escapes.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** `text` in quotes and on one line, for a terminal. */
export function quoted(text: string): string {
  return printable(JSON.stringify(text));
}

/**
 * The `code` of errors that a program may want to tell apart.
 * - "unknown-option": there is no option of this name.
 * - "not-an-image": an input of no known kind.
 * - "needs-await": an input that has to be waited for, by `await Image.from(x)`.
 * - "no-longer-readable": memory that was transferred, a tensor or Mat that was disposed of, a frame or bitmap that was closed.
 * - "shape-mismatch": a shape that fits no reading, or data that do not hold it.
 * - "image-too-large": a side longer than `Image.MAX_DIMENSION`.
 * - "unsupported-mode": the file type does not hold pixels of this mode.
 * - "mask-size": a mask whose size is not that of its image.
 * - "not-loggable": a value that no run can hold: a function, a Map, a reference …; the message begins with its key.
 * - "frame-dropped": a frame that found a pool's queue full, where `onFull` is "drop".
 * - "worker-died": a worker of a pool ended, and with it the frame that it encoded.
 * - "pool-closed": a frame for a pool that was closed.
 *
 * Of files: "file-truncated", "file-broken", "file-unsupported", "file-too-large" (`FileFault`). Of runs: "no-run" (no run is open), "run-finished", "run-folder-gone", and where a file cannot be written the system's own
 * ("ENOSPC", "EACCES" …).
 */
export type ErrorCode =
  | "unknown-option"
  | "not-an-image"
  | "needs-await"
  | "no-longer-readable"
  | "shape-mismatch"
  | "image-too-large"
  | "unsupported-mode"
  | "mask-size"
  | "not-loggable"
  | "frame-dropped"
  | "worker-died"
  | "pool-closed";

export function withCode<E extends Error>(error: E, code: ErrorCode): E & { readonly code: ErrorCode } {
  return Object.assign(error, { code });
}
