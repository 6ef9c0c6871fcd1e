// The run as the server knows it: its names there, and what it was told of it.
import type { RunFold } from "../read/fold.ts";
import { type Bucket, type BucketInput, type Server, upsertBucket } from "./graphql.ts";
import { configJson } from "./internal.ts";

export interface Target {
  readonly entity?: string | undefined;
  readonly project?: string | undefined;
  readonly id?: string | undefined;
}

export class RemoteRun {
  readonly #target: Target;
  readonly #producer: string;
  readonly #signal: AbortSignal;
  #bucket: Bucket | undefined;
  #told: BucketInput = {};

  constructor(target: Target, producer: string, signal: AbortSignal) {
    this.#target = target;
    this.#producer = producer;
    this.#signal = signal;
  }

  get isThere(): boolean {
    return this.#bucket !== undefined;
  }

  /** What GraphQL calls the run by. */
  get storageId(): string {
    return this.#bucket?.id ?? "";
  }

  get displayName(): string {
    return this.#bucket?.displayName ?? "";
  }

  /** As the server named them. */
  get place(): { entity: string; project: string; id: string } {
    const { project, name = "" } = this.#bucket ?? {};
    return { entity: project?.entity.name ?? "", project: project?.name ?? "", id: name };
  }

  /** The run's page. */
  url({ appUrl }: Server): string | null {
    if (!this.isThere) return null;
    const [entity, project, id] = this.#encoded();
    return `${appUrl}/${entity}/${project}/runs/${id}`;
  }

  get streamPath(): string {
    return `/files/${this.#encoded().join("/")}/file_stream`;
  }

  /**
   * Creates the run, or tells what changed of it. The config goes whole, as the server wants it; the rest only where it changed,
   * so that several writers do not undo each other.
   * @returns how many rows the server had of it
   */
  async tell(server: Server, fold: RunFold, storageId: string | undefined): Promise<number> {
    const run = fold.run!;
    const given: BucketInput = {
      displayName: run.name,
      notes: run.notes,
      groupName: run.group,
      jobType: run.jobType,
      host: run.host,
      sweep: run.sweepId,
      commit: run.git.commit,
      repo: run.git.remote,
      tags: run.tags.length > 0 || this.#told.tags !== undefined ? run.tags : undefined,
    };
    const isNews = ([key, value]: [string, unknown]) =>
      JSON.stringify(this.#told[key as keyof BucketInput] ?? "") !== JSON.stringify(value ?? "");
    const { entity, project, id } = this.place;
    this.#bucket = await upsertBucket(
      server,
      {
        ...Object.fromEntries(Object.entries(given).filter(isNews)),
        id: this.#bucket?.id ?? storageId,
        name: id || this.#target.id || run.id,
        project: project || this.#target.project || run.project,
        entity: entity || this.#target.entity || run.entity,
        config: configJson(fold, this.#producer),
      },
      this.#signal,
    );
    this.#told = given;
    return this.#bucket.historyLineCount ?? 0;
  }

  #encoded(): string[] {
    const { entity, project, id } = this.place;
    return [entity, project, id].map(encodeURIComponent);
  }
}
