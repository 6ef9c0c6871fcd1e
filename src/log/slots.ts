// Places in a snapshot that promises will fill.
import type { Value, ValueMap } from "./values.ts";

/** Stands in a snapshot for the value of a promise. */
export class Slot {
  /** The key as error messages show it. */
  readonly place: string;
  #value: unknown;
  #settled = false;

  constructor(place: string) {
    this.place = place;
  }

  get isFilled(): boolean {
    return this.#settled;
  }

  fill(value: unknown): void {
    this.#value = value;
    this.#settled = true;
  }

  get value(): unknown {
    return this.#value;
  }
}

/** The slots of one snapshot. */
export class Slots {
  readonly #slots: Slot[] = [];
  readonly #promises: Promise<void>[] = [];

  add(promise: PromiseLike<unknown>, place: string): Slot {
    const slot = new Slot(place);
    this.#slots.push(slot);
    this.#promises.push(Promise.resolve(promise).then((value) => slot.fill(value)));
    return slot;
  }

  /** Rejects with the first promise that does. */
  async filled(): Promise<void> {
    await Promise.all(this.#promises);
  }

  /** The keys whose promises have not settled. */
  get missing(): string[] {
    return this.#slots.filter(({ isFilled }) => !isFilled).map(({ place }) => place);
  }
}

/** The snapshot with its slots' values in their places; a slot that is not filled is left out. */
export function fillSlots(value: Value | Slot): unknown {
  if (value instanceof Slot) return value.isFilled ? value.value : undefined;
  if (Array.isArray(value)) return value.map(fillSlots).filter((item) => item !== undefined);
  if (typeof value !== "object" || value === null || "bindToRun" in value) return value;
  return Object.fromEntries(Object.entries(value as ValueMap).map(([key, inner]) => [key, fillSlots(inner)]));
}
