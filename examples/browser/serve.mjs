// `npm run demo:browser`: the demo page on http://localhost:8080 (or PORT). Its upload goes by a relay: to W&B where WANDB_API_KEY
// and WANDB_ENTITY are set, else to a stand-in server, which forgets it.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WandbServer } from "../../test/support/wandb-server.mjs";
import { createRelay } from "../relay/relay.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};

const { WANDB_API_KEY, WANDB_ENTITY, WANDB_BASE_URL } = process.env;
const isReal = Boolean(WANDB_API_KEY && WANDB_ENTITY);
const standIn = isReal ? undefined : await WandbServer.start();
const origins = [];
const relay = createRelay({
  apiKey: WANDB_API_KEY || "k".repeat(40),
  entity: WANDB_ENTITY || "nobody",
  project: "browser-demo",
  baseUrl: standIn?.url ?? WANDB_BASE_URL,
  appUrl: standIn?.url,
  origins,
  login: () => "the user of this machine",
});

const server = createServer(async (request, response) => {
  if (await relay(request, response)) return;
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/") return response.writeHead(302, { location: "/examples/browser/index.html" }).end();
  const file = join(root, normalize(decodeURIComponent(pathname)));
  const served = /^\/(examples\/browser|dist)\//.test(pathname) && file.startsWith(root);
  if (!served || !existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end("not found");
  createReadStream(file).pipe(
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }),
  );
});

// A port that is taken gives way to the next, so that two demos run side by side.
let port = Number(process.env.PORT ?? 8080);
server.on("error", (error) => {
  if (error.code !== "EADDRINUSE" || process.env.PORT !== undefined) throw error;
  server.listen(++port, "127.0.0.1");
});
server.on("listening", () => {
  origins.push(`http://localhost:${server.address().port}`, `http://127.0.0.1:${server.address().port}`);
  console.log(`open http://localhost:${server.address().port} · Ctrl+C stops`);
});
server.listen(port, "127.0.0.1");
