// The door for Node: files, node:crypto, runs in a folder.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { addReader } from "./adapt/index.ts";
import { readPath } from "./adapt/path.ts";
import { isTrue } from "./log/settings.ts";
import { setPlatform } from "./platform.ts";
import { setUploadWorker } from "./upload/worker-file.ts";
import { setSilent } from "./warnings.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

setPlatform({
  sha256,
  digest: async (bytes) => sha256(bytes),
  readFile: (path) => readFileSync(path),
  writeFile: writeFileSync,
});
addReader(readPath);
const uploadWorker = new URL("./upload-worker.js", import.meta.url);
if (existsSync(uploadWorker)) setUploadWorker(uploadWorker); // not in a program that runs from the sources
setSilent(() => isTrue(process.env.WANDB_SILENT));

export * from "./index.ts";
export { init } from "./log/process.ts";
