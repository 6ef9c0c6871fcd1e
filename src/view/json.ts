// Answers as JSON.

/** A config may hold integers that a number does not: they are told as text. NaN and infinities become null. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner));
}
