// Work in the order in which it was asked for, though some of it has to wait: what `logAsync` waits for holds up what was logged after it.

interface Entry {
  ready: boolean;
  /** Called in its turn. Does not throw. */
  work(): void;
}

export class OrderedWork {
  readonly #entries: Entry[] = [];
  readonly #onEmpty: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /**
   * Does `work` at once where nothing waits before it, and throws what it throws; else in its turn.
   * @param onError takes what `work` throws in its turn
   */
  run(work: () => void, onError: (error: unknown) => void): void {
    if (this.isEmpty) work();
    else this.#entries.push({ ready: true, work: caught(work, onError) });
  }

  /**
   * Does `work` in its turn, once `ready` has settled, however it did.
   * @returns settles with what `work` does
   */
  after(ready: Promise<unknown>, work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Entry = { ready: false, work: caught(() => resolve(work()), reject) };
      this.#entries.push(entry);
      const settled = () => {
        entry.ready = true;
        this.#advance();
      };
      ready.then(settled, settled);
    });
  }

  #advance(): void {
    while (this.#entries[0]?.ready) this.#entries.shift()!.work();
    if (this.isEmpty) for (const onEmpty of this.#onEmpty.splice(0)) onEmpty();
  }

  /** All of it now, ready or not: the program ends. */
  flush(): void {
    for (const entry of this.#entries) entry.ready = true;
    this.#advance();
  }

  async emptied(): Promise<void> {
    if (!this.isEmpty) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }
}

function caught(work: () => void, onError: (error: unknown) => void): () => void {
  return () => {
    try {
      work();
    } catch (error) {
      onError(error);
    }
  };
}
