// Looking at a stranger's object: by its fields, never by its class, which another realm or another copy of the
// library would not share.

export type Fields = { readonly [name: string]: unknown };
export type Method = (...args: unknown[]) => unknown;

/** The input's fields; none for a primitive. */
export function fieldsOf(input: unknown): Fields {
  return (typeof input === "object" && input !== null) || typeof input === "function" ? (input as Fields) : NONE;
}

const NONE: Fields = Object.freeze({});

export function isMethod(value: unknown): value is Method {
  return typeof value === "function";
}

/** Whether all the named fields are functions. */
export function hasMethods(input: unknown, ...names: string[]): boolean {
  const fields = fieldsOf(input);
  return names.every((name) => isMethod(fields[name]));
}

/** A number of pixels, as a width or height would be. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
