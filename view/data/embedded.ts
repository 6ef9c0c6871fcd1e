// Runs that the page carries in itself: `npx wandb-image export --html`.

import {
  type Column,
  type ConsoleAnswer,
  type PictureRow,
  type RunIndex,
  type RunsAnswer,
  type ScalarLine,
  unpackSteps,
} from "../../src/view/api.ts";
import type { Exported } from "../../src/view/export-html.ts";
import { thinned } from "../../src/view/thin.ts";
import { MissingFile, type Source } from "./source.ts";

export class EmbeddedSource implements Source {
  readonly live = false;
  readonly #data: Exported;
  readonly #files = new Map<string, Element>();

  constructor(data: Exported) {
    this.#data = data;
    for (const element of document.querySelectorAll("script[data-file]")) {
      this.#files.set(element.getAttribute("data-file")!, element);
    }
  }

  async runs(): Promise<RunsAnswer> {
    return this.#data.runs;
  }

  async index(run: string): Promise<RunIndex> {
    return this.#of(run).index;
  }

  async rows(run: string, key: string, from: number, to: number): Promise<readonly PictureRow[]> {
    return (this.#of(run).rows[key] ?? []).slice(from, to);
  }

  async scalars(run: string, keys: readonly string[], width: number): Promise<Record<string, ScalarLine>> {
    const { columns } = this.#of(run);
    return Object.fromEntries(
      keys.flatMap((key) => {
        const column = columns[key];
        return column ? [[key, thinned(unpackSteps(column.steps), column.values, width)]] : [];
      }),
    );
  }

  async column(run: string, key: string): Promise<Column> {
    return this.#of(run).columns[key] ?? { steps: [], values: [] };
  }

  async console(run: string): Promise<ConsoleAnswer> {
    return this.#of(run).console;
  }

  async file(run: string, path: string): Promise<Blob> {
    if (this.#data.folder) {
      const answer = await fetch(
        `${this.#data.folder}/${encodeURIComponent(run)}/${path.split("/").map(encodeURIComponent).join("/")}`,
      );
      if (!answer.ok) throw new MissingFile(`${path} is not there`);
      return answer.blob();
    }
    const text = this.#files.get(`${run}/${path}`)?.textContent;
    if (!text) throw new MissingFile(`${path} was not exported`);
    const binary = atob(text);
    return new Blob([Uint8Array.from(binary, (character) => character.charCodeAt(0))]);
  }

  async files(run: string, paths: readonly string[]): Promise<(Blob | null)[]> {
    return Promise.all(paths.map((path) => this.file(run, path).catch(() => null)));
  }

  watch(): void {}

  #of(run: string): Exported["data"][string] {
    const found = this.#data.data[run];
    if (found === undefined) throw new Error(`run ${run} is not in this page`);
    return found;
  }
}
