// Runs that the page reads itself, from a zip that was dropped on it.

import { peek } from "../../src/read/peek.ts";
import { ZipArchive } from "../../src/read/zip.ts";
import type {
  Column,
  ConsoleAnswer,
  PictureRow,
  RunHead,
  RunIndex,
  RunsAnswer,
  ScalarLine,
} from "../../src/view/api.ts";
import { headOf } from "../../src/view/head.ts";
import { RunAnswers } from "../../src/view/run-answers.ts";
import { MissingFile, type Source } from "./source.ts";

export class LocalSource implements Source {
  readonly live = false;
  readonly #place: string;
  readonly #runs: ReadonlyMap<string, RunAnswers>;
  readonly #heads: readonly RunHead[];

  private constructor(place: string, runs: ReadonlyMap<string, RunAnswers>, heads: readonly RunHead[]) {
    this.#place = place;
    this.#runs = runs;
    this.#heads = heads;
  }

  /** @throws Error in words, for a file that is not a zip or holds no run */
  static async open(files: readonly File[]): Promise<LocalSource> {
    const runs = new Map<string, RunAnswers>();
    const heads: RunHead[] = [];
    for (const file of files) {
      const archive = await ZipArchive.open(file, file.name);
      if (archive.runs.length === 0) throw new Error(`${file.name}: no .wandb file in this zip`);
      for (const folder of archive.runs) {
        const source = await archive.source(folder);
        const found = await peek(source);
        const id =
          [found.run?.id ?? "", source.name].find((name) => name && !runs.has(name)) ?? `${source.name}~${runs.size}`;
        const answers = new RunAnswers(id, source);
        await answers.read.update();
        runs.set(id, answers);
        heads.push(headOf(id, { ...found, dir: source.name, id }, answers));
      }
    }
    return new LocalSource(files.map((file) => file.name).join(", "), runs, heads);
  }

  async runs(): Promise<RunsAnswer> {
    return { place: this.#place, runs: this.#heads };
  }

  async index(run: string): Promise<RunIndex> {
    return this.#of(run).index();
  }

  async rows(run: string, key: string, from: number, to: number): Promise<readonly PictureRow[]> {
    return this.#of(run).rows(key, from, to);
  }

  async scalars(run: string, keys: readonly string[], width: number): Promise<Record<string, ScalarLine>> {
    return Object.fromEntries(keys.map((key) => [key, this.#of(run).scalars(key, width)]));
  }

  async column(run: string, key: string): Promise<Column> {
    return this.#of(run).column(key);
  }

  async console(run: string): Promise<ConsoleAnswer> {
    return this.#of(run).console();
  }

  async file(run: string, path: string): Promise<Blob> {
    const blob = await this.#of(run).source.blob(path);
    if (blob === null) throw new MissingFile(`${path} is not in the zip`);
    return blob;
  }

  async files(run: string, paths: readonly string[]): Promise<(Blob | null)[]> {
    return Promise.all(paths.map((path) => this.file(run, path).catch(() => null)));
  }

  watch(): void {}

  #of(run: string): RunAnswers {
    const found = this.#runs.get(run);
    if (found === undefined) throw new Error(`run ${run} is not here`);
    return found;
  }
}
