// The file that a set of boxes or a mask becomes, and its way into a run.
import { platform } from "../platform.ts";
import { mediaPath } from "./media-path.ts";
import type { MediaRun } from "./media-run.ts";

export interface OverlayJson {
  readonly _type: "boxes2D" | "mask";
  readonly sha256: string;
  readonly size: number;
  readonly path: string;
}

export class OverlayFile {
  readonly bytes: Uint8Array;
  readonly extension: string;
  readonly #type: OverlayJson["_type"];
  readonly #folder: string;
  readonly #paths = new WeakMap<MediaRun, string>();
  #sha256: string | undefined;

  constructor(bytes: Uint8Array, type: OverlayJson["_type"], folder: string, extension: string) {
    this.bytes = bytes;
    this.#type = type;
    this.#folder = folder;
    this.extension = extension;
  }

  get sha256(): string {
    this.#sha256 ??= platform().sha256(this.bytes);
    return this.#sha256;
  }

  async digest(): Promise<string> {
    this.#sha256 ??= await platform().digest(this.bytes);
    return this.#sha256;
  }

  save(run: MediaRun, key: string, step: number): void {
    const path = mediaPath(this.#folder, key, step, this.sha256, this.extension);
    run.saveMedia(path, this.bytes);
    this.#paths.set(run, path);
  }

  toJson(run: MediaRun): OverlayJson {
    const path = this.#paths.get(run);
    if (path === undefined) throw new Error(`${this.#type} is not bound to run ${run.id}: call bindToRun first`);
    return { _type: this.#type, sha256: this.sha256, size: this.bytes.length, path };
  }
}
