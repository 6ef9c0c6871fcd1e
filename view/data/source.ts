// Where the page's runs come from: a live server, a page that holds everything, or a dropped zip.
import type {
  Column,
  ConsoleAnswer,
  PictureRow,
  RunIndex,
  RunsAnswer,
  ScalarLine,
  ViewEvent,
} from "../../src/view/api.ts";

export interface Source {
  runs(): Promise<RunsAnswer>;
  index(run: string): Promise<RunIndex>;
  /** What `key` holds from its `from`-th picture step up to its `to`-th, exclusive. */
  rows(run: string, key: string, from: number, to: number): Promise<readonly PictureRow[]>;
  scalars(run: string, keys: readonly string[], width: number): Promise<Readonly<Record<string, ScalarLine>>>;
  column(run: string, key: string): Promise<Column>;
  console(run: string): Promise<ConsoleAnswer>;
  file(run: string, path: string, signal?: AbortSignal): Promise<Blob>;
  /** Many small files in one answer. Null for one that is missing; undefined for one that must be asked for singly. */
  files(run: string, paths: readonly string[], signal?: AbortSignal): Promise<readonly (Blob | null | undefined)[]>;
  /** Calls `listener` for what changes; nothing ever does where there is no server. */
  watch(listener: (event: ViewEvent) => void, onConnection: (connected: boolean) => void): void;
  /** Whether runs may still grow. */
  readonly live: boolean;
}

export class MissingFile extends Error {}
