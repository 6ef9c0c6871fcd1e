// Checks that the options of every public function share, each in the form `name: expected X; got Y`.
import { describe } from "./messages.ts";
import { checkOptionNames } from "./option-names.ts";

/**
 * @param caller the function whose options they are
 * @throws TypeError where the options are not an object, or one of them has a name that is not `known`
 */
export function checkNames(caller: string, options: unknown, known: readonly string[], example: string): void {
  checkOptionNames(caller, options, known, example);
}

/** @throws TypeError where a value that is given is of another type */
export function checkType(name: string, value: unknown, type: "string" | "number" | "boolean" | "function"): void {
  if (value === undefined || typeof value === type) return;
  throw new TypeError(`${name}: expected a ${type}; got ${describe(value)}`);
}

/** @throws RangeError where a value that is given is none of those listed */
export function checkOneOf(name: string, value: unknown, values: readonly unknown[]): void {
  if (value === undefined || values.includes(value)) return;
  throw new RangeError(`${name}: expected ${listed(values.map(describe))}; got ${describe(value)}`);
}

/** @throws RangeError where a value that is given is not a whole number from `min` to `max` */
export function checkInteger(name: string, value: unknown, min: number, max: number): void {
  if (value === undefined || isInteger(value, min, max)) return;
  throw new RangeError(`${name}: expected a whole number from ${min} to ${max}; got ${describe(value)}`);
}

export function isInteger(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** "a, b or c". */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
