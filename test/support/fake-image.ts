// What log/ asks of an Image, kept small: files named by hash, JSON, lists. The real one has tests of its own.
import { createHash } from "node:crypto";
import type { MediaRun } from "../../src/image/media-run.ts";

const IMAGE: unique symbol = Symbol.for("wandb-image.Image");

export class FakeImage {
  readonly [IMAGE] = true;
  readonly bytes: Uint8Array;
  readonly caption: string | undefined;
  readonly reference: boolean;
  digests = 0;
  #bound: { run: MediaRun; path: string } | undefined;
  #sha256: string | undefined;

  constructor(text: string, caption?: string, reference = false) {
    this.bytes = new TextEncoder().encode(text);
    this.caption = caption;
    this.reference = reference;
  }

  checkLoggable(): void {
    if (this.reference) throw new TypeError("a reference cannot be bound to a run");
  }

  async digest(): Promise<string> {
    this.digests++;
    this.#sha256 = createHash("sha256").update(this.bytes).digest("hex");
    return this.#sha256;
  }

  get sha256(): string {
    return (this.#sha256 ??= createHash("sha256").update(this.bytes).digest("hex"));
  }

  save(run: MediaRun, key: string, step: number): string {
    const path = `media/images/${key}_${step}_${this.sha256.slice(0, 20)}.png`;
    run.saveMedia(path, this.bytes);
    return path;
  }

  bindToRun(run: MediaRun, key: string, step: number): void {
    if (this.#bound?.run !== run) this.#bound = { run, path: this.save(run, key, step) };
  }

  toJson(run: MediaRun): object {
    if (this.#bound?.run !== run) throw new Error("not bound");
    const json = { _type: "image-file", sha256: this.sha256, size: this.bytes.length, path: this.#bound.path };
    return this.caption === undefined ? json : { ...json, caption: this.caption };
  }

  static seqToJson(images: readonly FakeImage[], run: MediaRun, key: string, step: number): object {
    return {
      _type: "images/separated",
      count: images.length,
      filenames: images.map((image) => image.save(run, key, step)),
    };
  }
}
