// A bounded memory of what was loaded: what was used longest ago goes first.
export class Cache<T> {
  readonly #entries = new Map<string, { value: T; weight: number }>();
  readonly #limit: number;
  readonly #drop: ((value: T) => void) | undefined;
  #weight = 0;

  /** @param limit the most that the weights of all entries may add up to */
  constructor(limit: number, drop?: (value: T) => void) {
    this.#limit = limit;
    this.#drop = drop;
  }

  get(name: string): T | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.value;
  }

  set(name: string, value: T, weight: number): void {
    this.delete(name);
    this.#entries.set(name, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#limit || oldest === name) break;
      this.delete(oldest, true);
    }
  }

  /** A value that turned out larger, or smaller, than it was thought to be. */
  weigh(name: string, weight: number): void {
    const entry = this.#entries.get(name);
    if (entry) this.set(name, entry.value, weight);
  }

  delete(name: string, drop = false): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#weight -= entry.weight;
    if (drop) this.#drop?.(entry.value);
  }
}
