// `wandb-image/workers` for pages: Images encoded on workers.
import "./browser.ts";
import { pageThreads } from "./workers/page-threads.ts";
import { setEnvironment } from "./workers/pool.ts";

// Beside this file in dist/. Vite, webpack and Parcel look for these very words, and bring the file along.
setEnvironment(pageThreads(() => new Worker(new URL("./page-worker.js", import.meta.url), { type: "module" })));

export type { PoolImageOptions, PoolOptions } from "./workers/options.ts";
export { ImagePool } from "./workers/pool.ts";
