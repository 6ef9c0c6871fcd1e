// A page that logs into W&B without a key: node examples/relay/server.mjs, then http://localhost:8081
//
// WANDB_API_KEY, WANDB_ENTITY and WANDB_PROJECT say where its runs go. Who may is the business of `login`: here everybody on this
// machine is one user.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createRelay } from "./relay.mjs";

const { WANDB_API_KEY, WANDB_ENTITY, WANDB_PROJECT = "from-a-page", WANDB_BASE_URL, PORT = "8081" } = process.env;
if (!WANDB_API_KEY || !WANDB_ENTITY) throw new Error("set WANDB_API_KEY and WANDB_ENTITY");

const relay = createRelay({
  apiKey: WANDB_API_KEY,
  entity: WANDB_ENTITY,
  project: WANDB_PROJECT,
  baseUrl: WANDB_BASE_URL,
  origins: [`http://localhost:${PORT}`],
  login: () => "the user of this machine", // yours looks at a session's cookie
});

const FILES = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/wandb-image.js": ["../../dist/wandb-image.min.js", "text/javascript"],
};

const server = createServer(async (request, response) => {
  if (await relay(request, response)) return;
  const file = FILES[new URL(request.url, "http://localhost").pathname];
  if (file === undefined) return response.writeHead(404).end("not found");
  createReadStream(fileURLToPath(new URL(file[0], import.meta.url))).pipe(
    response.writeHead(200, { "Content-Type": file[1] }),
  );
});

server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://localhost:${PORT}`));
