// A key's pictures over the steps as an animation: GIF and APNG by our own encoders, MP4 and WebM where ffmpeg is.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { encodeApng } from "./apng.ts";
import { encodeGif } from "./gif.ts";
import { indexed } from "./palette-image.ts";
import { type Raster, resized } from "./raster.ts";

export type VideoFormat = "gif" | "png" | "mp4" | "webm";

/** @returns null for an ending that is no video's */
export function videoFormat(path: string): VideoFormat | null {
  const ending = /\.(gif|a?png|mp4|webm)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === undefined ? null : ending === "apng" ? "png" : (ending as VideoFormat);
}

/** All frames in the size of the first, sides even where a video's must be. */
export function equalSizes(frames: readonly Raster[], even: boolean): Raster[] {
  const { width, height } = frames[0]!;
  const [w, h] = even ? [Math.max(2, width & ~1), Math.max(2, height & ~1)] : [width, height];
  return frames.map((frame) => resized(frame, w, h));
}

/** @throws Error in words, where ffmpeg is not there or fails */
export async function writeVideo(
  path: string,
  format: VideoFormat,
  frames: readonly Raster[],
  fps: number,
): Promise<void> {
  const equal = equalSizes(frames, format === "mp4" || format === "webm");
  if (format === "gif") await writeFile(path, encodeGif(equal.map(indexed), 1 / fps));
  else if (format === "png") await writeFile(path, encodeApng(equal, fps));
  else await byFfmpeg(path, format, equal, fps);
}

const CODECS = {
  mp4: ["-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart"],
  webm: ["-c:v", "libvpx-vp9", "-crf", "24", "-b:v", "0", "-pix_fmt", "yuv420p"],
} as const;

async function byFfmpeg(path: string, format: "mp4" | "webm", frames: readonly Raster[], fps: number): Promise<void> {
  const { width, height } = frames[0]!;
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", String(fps), "-i", "-"];
  const output = [...CODECS[format], "-f", format, path.startsWith("-") ? `./${path}` : path];
  const child = spawn("ffmpeg", ["-loglevel", "error", "-y", ...input, ...output], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said = (said + bytes.toString()).slice(-2000)));
  child.stdin.on("error", () => {}); // it ended early: its exit code says so
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  try {
    await Promise.race([once(child, "spawn"), ended]);
    for (const { data } of frames)
      if (!child.stdin.write(data)) await Promise.race([once(child.stdin, "drain"), ended]);
    child.stdin.end();
    if ((await ended) !== 0) throw new Error(`${path}: ffmpeg failed: ${said.trim()}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`${path}: ${format} needs ffmpeg on the PATH, and there is none; .gif and .png need nothing`);
  }
}
