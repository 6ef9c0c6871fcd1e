// What an upload asks of the machine it runs on; Node's is in process.ts.
import type { Diagnosis, Fetch } from "./http.ts";

/** The machine as far as credentials need it; a page has an empty one. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string | undefined;
  readonly cwd: string | undefined;
  /** undefined where there is no such file, or it cannot be read. */
  readText(path: string): string | undefined;
  /** Writes a file that only its owner may read. */
  writePrivate(path: string, text: string): void;
  /** What requests are sent by; else the engine's own. */
  readonly fetch?: Fetch | undefined;
  /** What may be wrong where a host cannot be reached: a proxy that `fetch` does not use, a page's origin. */
  diagnose?(url: string): Promise<Diagnosis | undefined>;
}

export const NO_MACHINE: Machine = {
  env: {},
  home: undefined,
  cwd: undefined,
  readText: () => undefined,
  writePrivate() {},
};

/** Where W&B keeps what is the user's own. */
export function configDirectory({ env, home }: Machine): string | undefined {
  return env.WANDB_CONFIG_DIR || (home && `${home}/.config/wandb`);
}
