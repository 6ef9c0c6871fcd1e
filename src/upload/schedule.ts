// When the next request of each kind is due: W&B's rhythm, save that rows go soon at first and then ever more rarely.
import type { Clock } from "./clock.ts";

const FIRST_INTERVAL = 1000;
const LAST_INTERVAL = 15_000;
/** A run that is silent for longer is taken for dead. */
const HEARTBEAT = 30_000;
const CONFIG_INTERVAL = 5000;
const CURSOR_INTERVAL = 1000;

export class Schedule {
  readonly #clock: Clock;
  #interval = FIRST_INTERVAL;
  #nextStream = 0;
  #heartbeat: number;
  #nextConfig = 0;
  #nextCursor = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#heartbeat = clock.now() + HEARTBEAT;
  }

  /** @param hasNews whether there is anything but a sign of life to send */
  streamIsDue(hasNews: boolean): boolean {
    const now = this.#clock.now();
    return now >= this.#heartbeat || (hasNews && now >= this.#nextStream);
  }

  configIsDue(): boolean {
    return this.#clock.now() >= this.#nextConfig;
  }

  cursorIsDue(): boolean {
    return this.#clock.now() >= this.#nextCursor;
  }

  streamed(): void {
    this.#heartbeat = this.#clock.now() + HEARTBEAT;
    this.#nextStream = this.#clock.now() + this.#interval;
    this.#interval = Math.min(this.#interval * 2, LAST_INTERVAL);
  }

  configured(): void {
    this.#nextConfig = this.#clock.now() + CONFIG_INTERVAL;
  }

  saved(): void {
    this.#nextCursor = this.#clock.now() + CURSOR_INTERVAL;
  }

  /** Milliseconds until something will be due. */
  wait(hasNews: boolean, configChanged: boolean): number {
    const times = [this.#heartbeat];
    if (hasNews) times.push(this.#nextStream);
    if (configChanged) times.push(this.#nextConfig);
    return Math.max(0, Math.min(...times) - this.#clock.now());
  }
}
