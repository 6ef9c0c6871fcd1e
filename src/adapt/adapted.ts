// An input that was adapted on another thread: what a pool's worker gives `new Image`.
import type { AdaptOptions, Source } from "./source.ts";

export class Adapted {
  readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }
}

export function readAdapted(input: unknown, _options: AdaptOptions): Source | undefined {
  return input instanceof Adapted ? input.source : undefined;
}
