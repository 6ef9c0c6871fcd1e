// A file that is read while it is sent: a Blob, as every `fetch` takes it, whose place is known to requests by node:http, which read it
// three times as fast from there. Node only.
import { createReadStream, type ReadStream } from "node:fs";
import { blobOf } from "../read/blob.ts";

const places = new WeakMap<Blob, string>();

export async function openLargeFile(place: string): Promise<Blob> {
  const blob = await blobOf(place);
  places.set(blob, place);
  return blob;
}

/** undefined for another Blob. */
export function streamOf(blob: Blob): ReadStream | undefined {
  const place = places.get(blob);
  return place === undefined ? undefined : createReadStream(place, { end: blob.size - 1 });
}
