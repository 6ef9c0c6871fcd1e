// What finding a server needs of Node (Deno, Bun): the environment and files. Node only.
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import type { Diagnosis, Fetch } from "./http.ts";
import type { Machine } from "./machine.ts";

/** node:http is loaded with the first request: a run that stays on disk has none. */
const lazyFetch: Fetch = async (url, init) => {
  const { nodeFetch } = await import("./node-fetch.ts");
  return nodeFetch(process.env)(url, init);
};

export const machine: Machine = {
  env: process.env,
  get home() {
    return orUndefined(homedir);
  },
  get cwd() {
    return orUndefined(process.cwd); // it may have been removed
  },
  readText: (path) => orUndefined(() => readFileSync(path, "utf8")),
  writePrivate(path, text) {
    const part = `${path}.${process.pid}.part`;
    writeFileSync(part, text, { mode: 0o600 });
    chmodSync(part, 0o600); // whatever the umask
    renameSync(part, path);
  },
  fetch: lazyFetch,
  diagnose,
};

function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Node's fetch heeds no proxy unless it is told to (NODE_USE_ENV_PROXY, from Node 24 and 22.21 on). */
async function diagnose(url: string): Promise<Diagnosis | undefined> {
  const { env, versions } = process;
  if ("bun" in versions || "deno" in versions || env.NODE_USE_ENV_PROXY === "1") return undefined;
  const { protocol, hostname: host } = new URL(url);
  if (["localhost", "127.0.0.1", "[::1]"].includes(host)) return undefined;
  const name = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  if (!env[name] && !env[name.toLowerCase()]) return undefined;
  const message =
    `${name} is set, which Node does not heed by itself: set NODE_USE_ENV_PROXY=1 (Node 22.21 or 24 on), or ` +
    "pass a fetch of your own to init";
  return { final: false, message };
}
