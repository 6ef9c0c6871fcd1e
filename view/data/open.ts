// Which source the page has: what it carries in itself, or the server that it came from.
import type { Exported } from "../../src/view/export-html.ts";
import { EmbeddedSource } from "./embedded.ts";
import { ServerSource } from "./server.ts";
import type { Source } from "./source.ts";

export function openSource(): Source {
  const data = document.getElementById("wandb-image-runs")?.textContent;
  return data ? new EmbeddedSource(JSON.parse(data) as Exported) : new ServerSource();
}
