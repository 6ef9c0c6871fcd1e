// What keys hold at their steps, read in chunks and kept for a while.
import type { PictureRow, RunIndex } from "../../src/view/api.ts";
import { source } from "../model/state.ts";
import { Cache } from "./cache.ts";

const CHUNK_ROWS = 16;
const newCache = () => new Cache<Promise<readonly PictureRow[]>>(400);
let chunks = newCache();

/** When another source takes the place of the one before. */
export function forgetRows(): void {
  chunks = newCache();
}

/** The `row`-th picture step of `key`. */
export async function rowAt(index: RunIndex, key: string, row: number): Promise<PictureRow | null> {
  const chunk = Math.floor(row / CHUNK_ROWS);
  const name = `${index.id}\0${key}\0${chunk}`;
  const from = chunk * CHUNK_ROWS;
  for (;;) {
    const kept = chunks.get(name);
    if (kept === undefined) break;
    const rows = await kept.catch(() => []);
    if (rows.length > row - from) return rows[row - from]!;
    chunks.delete(name); // the run has grown since
    break;
  }
  const asked = source().rows(index.id, key, from, from + CHUNK_ROWS);
  chunks.set(name, asked, 1);
  asked.catch(() => chunks.delete(name));
  return (await asked)[row - from] ?? null;
}
