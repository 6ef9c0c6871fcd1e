// How fast requests may follow each other: what the server says in its headers, shared by all runs of a project.
import type { Clock } from "./clock.ts";
import type { ReplyHeaders } from "./http.ts";

export class Pace {
  #until = 0;

  async wait(clock: Clock, signal: AbortSignal): Promise<void> {
    await clock.sleep(this.#until - clock.now(), signal);
  }

  /** RateLimit-Remaining requests may be made in RateLimit-Reset seconds; from one a second on, nothing has to wait. */
  heed(headers: ReplyHeaders, clock: Clock): void {
    const remaining = Number(headers.get("ratelimit-remaining") ?? Number.NaN);
    const reset = Number(headers.get("ratelimit-reset") ?? Number.NaN);
    if (!(remaining >= 0 && reset > 0) || remaining >= reset) return;
    this.#until = Math.max(this.#until, clock.now() + (reset / Math.max(1, remaining)) * 1000);
  }
}
