// The door for Node: files, node:crypto, runs in a folder.
import { hash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { addReader } from "./adapt/index.ts";
import { readPath } from "./adapt/path.ts";
import { isTrue } from "./log/settings.ts";
import { setPlatform } from "./platform.ts";
import { setUploadWorker } from "./upload/worker-file.ts";
import { setSilent } from "./warnings.ts";

const sha256 = (bytes: Uint8Array) => hash("sha256", bytes, "hex");

setPlatform({
  sha256,
  digest: async (bytes) => sha256(bytes),
  readFile: (path) => readFileSync(path),
  writeFile: writeFileSync,
});
addReader(readPath);
// Beside this file, or above it where the bundler has put this into a chunk; nowhere in a program that runs from the sources.
const places = ["./upload-worker.js", "../upload-worker.js"].map((path) => new URL(path, import.meta.url));
setUploadWorker(places.find((place) => place.protocol === "file:" && existsSync(place)));
setSilent(() => isTrue(process.env.WANDB_SILENT));

export * from "./index.ts";
export { init } from "./log/process.ts";
