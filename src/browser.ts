// The door for browsers and all that is not Node: no file system, a run kept in memory.
import { sha256 as sha256Of } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { addAsyncReader, pageAddresses } from "./adapt/async.ts";
import { setPlatform } from "./platform.ts";

const sha256 = (bytes: Uint8Array) => bytesToHex(sha256Of(bytes));

setPlatform({
  sha256,
  // A page on http:// has no crypto.subtle; the same digits come from the library, at a tenth of the speed.
  async digest(bytes) {
    if (globalThis.crypto?.subtle === undefined) return sha256(bytes);
    return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource)));
  },
  readFile: noFiles,
  writeFile: noFiles,
});

addAsyncReader(pageAddresses);

function noFiles(path: string): never {
  throw new Error(`${path}: a browser has no file system here; pass the file's bytes, a File or a Blob`);
}

export * from "./index.ts";
export { init } from "./log/memory.ts";
