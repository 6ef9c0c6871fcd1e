// Runs on disk, and uploads of them to the stand-in server, with waits that take a thousandth of their time.
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Image, init } from "../../src/node.ts";
import { openFolder } from "../../src/read/folder.ts";
import { type Clock, scaledClock } from "../../src/upload/clock.ts";
import { type ConnectOptions, connect } from "../../src/upload/connect.ts";
import { type Machine, NO_MACHINE } from "../../src/upload/machine.ts";
import { Pace } from "../../src/upload/pace.ts";
import type { UploadProgress } from "../../src/upload/progress.ts";
import { fileOpener, openCursor } from "../../src/upload/run-folder.ts";
import { Upload, type UploadOptions } from "../../src/upload/upload.ts";
import type { WandbServer } from "./wandb-server.mjs";

export const KEY = "0123456789abcdef0123456789abcdef01234567";
export const fastClock: Clock = scaledClock(0.001);

export const newFolder = (): string => mkdtempSync(join(tmpdir(), "upload-"));

export const picture = (seed: number): Image =>
  new Image({ data: Uint8Array.from({ length: 48 }, (_, i) => (i * 7 + seed * 31) & 255), shape: [4, 4, 3] });

/** A run of `rows` rows with a picture each, and what else a run can hold. @returns its directory */
export async function loggedRun(rows = 5, exitCode = 3): Promise<string> {
  const run = init({
    dir: newFolder(),
    project: "cats",
    mode: "offline",
    id: "r1",
    config: { lr: 0.1, nan: Number.NaN },
    tags: ["a"],
    notes: "two\nlines",
  });
  for (let i = 0; i < rows; i++) run.log({ loss: 1 / i, big: 2n ** 62n, pic: picture(i), nested: { i } });
  run.summary.update({ best: 0.5 });
  run.config.update({ late: "x" });
  await run.finish(exitCode);
  return run.dir;
}

/** A copy of a run's directory: uploads leave files there. */
export function copied(dir: string): string {
  const copy = join(newFolder(), basename(dir));
  cpSync(dir, copy, { recursive: true });
  return copy;
}

export interface Attempt extends Partial<UploadOptions> {
  readonly connection?: ConnectOptions;
  readonly machine?: Machine;
  /** Called with the upload once it runs. */
  readonly onStart?: (upload: Upload) => void;
}

/** One upload of a run's directory. */
export async function uploaded(dir: string, server: WandbServer, attempt: Attempt = {}): Promise<UploadProgress> {
  const { connection, machine = NO_MACHINE, onStart, ...options } = attempt;
  const cursor = await openCursor(join(dir, "run-r1.wandb"));
  try {
    const clock = options.clock ?? fastClock;
    const upload: Upload = new Upload({
      server: connect(
        { apiKey: KEY, baseUrl: server.url, clock, onRetry: (trouble) => upload.trouble(trouble), ...connection },
        machine,
      ),
      source: await openFolder(dir),
      openFile: fileOpener(dir),
      cursor,
      clock,
      pace: new Pace(),
      concurrency: 16,
      live: false,
      producer: "wandb-image/test",
      ...options,
    });
    const done = upload.run();
    onStart?.(upload);
    return await done;
  } finally {
    await cursor.release();
  }
}
