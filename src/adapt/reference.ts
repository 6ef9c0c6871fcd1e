// Pictures that are elsewhere: kept as an address, as W&B does.
import { tagOf } from "../messages.ts";
import type { AdaptOptions, Source } from "./source.ts";

/** `http(s)://`, `gs://` and `s3://` addresses, as a string or URL object. */
export function readReference(input: unknown, _options: AdaptOptions): Source | undefined {
  const url = typeof input === "string" ? input : tagOf(input) === "URL" ? String(input) : "";
  return /^(https?|gs|s3):\/\//i.test(url) ? { kind: "reference", url } : undefined;
}
