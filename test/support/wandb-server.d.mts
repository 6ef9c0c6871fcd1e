/** A fault: see wandb-server.mjs. */
export interface Rule {
  /** "gql", "gql:UpsertBucket", "fs", "put", "put:media/x.png", "oidc". */
  on: string;
  skip?: number;
  times?: number;
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  delay?: number;
  cut?: "before" | "after";
}

export interface Entry {
  readonly op: string;
  readonly status: number | "cut";
  readonly headers: Record<string, string | string[] | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: a body as it came
  readonly body: any;
  readonly bytes: number;
  readonly path: string;
  /** Milliseconds. */
  readonly time: number;
}

export interface RunState {
  config: Record<string, unknown>;
  configText: string;
  params: Record<string, unknown>;
  history: Map<number, string>;
  events: Map<number, string>;
  output: Map<number, string>;
  summary: unknown;
  uploaded: Set<string>;
  files: Map<string, { size: number; sha256: string; bytes: Buffer | undefined; headers: Record<string, string> }>;
  complete: boolean;
  exitCode: number | undefined;
  preempting: boolean;
  /** Lines that got another text. */
  rewritten: string[];
}

export declare class WandbServer {
  static start(): Promise<WandbServer>;
  readonly url: string;
  readonly storageUrl: string;
  rules: Rule[];
  readonly log: Entry[];
  readonly runs: Map<string, RunState>;
  /** Requests that it could not understand. */
  readonly problems: string[];
  chaos: ((op: string, detail: string) => Partial<Rule> | undefined) | undefined;
  readonly keysAtStorage: number;
  entity: string;
  key: string | undefined;
  uploadHeaders: string[];
  features: string[];
  streamAnswer: object;
  streamHeaders: Record<string, string>;
  readonly expired: Set<string>;
  bandwidth: number | undefined;
  keepBytes: boolean;
  readonly run: RunState;
  close(): Promise<void>;
}

export declare function parsePython(text: string): unknown;
export declare function stateOf(run: RunState): Record<string, unknown>;
export declare function sorted(value: unknown): unknown;
