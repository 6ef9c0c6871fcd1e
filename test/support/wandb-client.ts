// W&B's own client, which test/real's scripts install; WANDB names its program.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RunState, WandbServer } from "./wandb-server.mjs";

/** Uploads the runs in a wandb folder by `wandb sync`, and gives what it says. */
export async function syncByWandb(server: WandbServer, scratch: string, folder: string): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: scratch,
    WANDB_API_KEY: "a".repeat(40),
    WANDB_BASE_URL: server.url,
    WANDB_ERROR_REPORTING: "false",
    WANDB_CONFIG_DIR: join(scratch, "config"),
    WANDB_CACHE_DIR: join(scratch, "cache"),
    WANDB_DATA_DIR: join(scratch, "data"),
  };
  const options = { cwd: scratch, env, maxBuffer: 1 << 28, timeout: 900_000 };
  const { stdout, stderr } = await promisify(execFile)(process.env.WANDB!, ["sync", "--yes", folder], options);
  return stdout + stderr;
}

/** What the server has of a run. */
export function runOf(server: WandbServer, id: string): RunState | undefined {
  return [...server.runs].find(([name]) => name === id || name.endsWith(`/${id}`))?.[1];
}
