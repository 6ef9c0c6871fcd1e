// What all copies of this package in a program share: a tool may load the CommonJS build beside the ESM one, or two packages bring two
// versions. One handler of warnings, one set of exit handlers, one current run then serve them all.

/**
 * The value under `name`, which the first copy that asks for it makes.
 * @param name changes with the value's shape ("warnings 1", "warnings 2"): copies of other versions must not misread it
 */
export function shared<T>(name: string, make: () => T): T {
  const key = Symbol.for(`wandb-image.${name}`);
  const values = globalThis as unknown as Record<symbol, T | undefined>;
  values[key] ??= make();
  return values[key];
}
