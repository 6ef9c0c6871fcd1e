// `wandb-image/workers` for Node, Deno and Bun: Images encoded on worker threads.
import "./node.ts";
import { nodeThreads } from "./workers/node-threads.ts";
import { setEnvironment } from "./workers/pool.ts";

// Beside this file in dist/.
setEnvironment(nodeThreads(new URL("./node-worker.js", import.meta.url)));

export type { PoolImageOptions, PoolOptions } from "./workers/options.ts";
export { ImagePool } from "./workers/pool.ts";
