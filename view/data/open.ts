// Which source the page has: what it carries in itself, or the server that it came from.
import { ServerSource } from "./server.ts";
import type { Source } from "./source.ts";

export async function openSource(): Promise<Source> {
  return new ServerSource();
}
