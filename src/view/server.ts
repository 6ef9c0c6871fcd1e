// The viewer's server: GET alone, one stream of events, nothing outside of the runs. Node only.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Collection } from "./collection.ts";
import { jsonOf } from "./json.ts";
import { type PageFiles, pageHeaders, pageHtml } from "./page.ts";
import type { RunAnswers } from "./run-answers.ts";

/** What one pack may hold; the rest is asked for singly. */
const MAX_PACK_BYTES = 48e6;
const MAX_ROWS = 512;
const MAX_WIDTH = 20_000;

export interface ViewerOptions {
  readonly host: string;
  readonly port: number;
  /** Whether another port is taken where this one is. */
  readonly nextPort: boolean;
}

export interface Viewer {
  /** To be opened in a browser; it holds the token where there is one. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

export async function startViewer(runs: Collection, page: PageFiles, options: ViewerOptions): Promise<Viewer> {
  const isLocal = LOOPBACK.includes(options.host) || options.host === "::1";
  // Who may reach the address from elsewhere must know the token; the machine's own users need none.
  const token = isLocal ? null : randomBytes(16).toString("hex");
  const handler = new Handler(runs, page, token, options.host);
  const server = createServer((request, response) => void handler.answer(request, response));
  const port = await listen(server, options);
  const shown = isLocal || options.host === "0.0.0.0" || options.host === "::" ? "localhost" : options.host;
  const host = isIP(shown) === 6 ? `[${shown}]` : shown;
  return {
    address: `http://${host}:${port}/${token ? `?token=${token}` : ""}`,
    port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await runs.close();
    },
  };
}

const TRIES = 100;

async function listen(server: Server, { host, port, nextPort }: ViewerOptions): Promise<number> {
  for (let n = 0; ; n++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port === 0 ? 0 : port + n, host, () => {
          server.off("error", reject);
          resolve();
        });
      });
      return (server.address() as { port: number }).port;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EADDRINUSE" || !nextPort || n >= TRIES) throw error;
    }
  }
}

/** An answer that is no 200. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

class Handler {
  readonly #runs: Collection;
  readonly #page: PageFiles;
  readonly #token: string | null;
  readonly #host: string;

  constructor(runs: Collection, page: PageFiles, token: string | null, host: string) {
    this.#runs = runs;
    this.#page = page;
    this.#token = token;
    this.#host = host;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(pageHeaders)) response.setHeader(name, value);
    try {
      const url = new URL(request.url ?? "/", "http://viewer");
      this.#check(request);
      if (this.#letIn(request, url, response)) await this.#route(request, url, response);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      const status = error instanceof Refusal ? error.status : error instanceof RangeError ? 404 : 500;
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
      response.end((error as Error).message);
    }
  }

  /** Another site's page must not read runs: neither by a name that it points here (DNS rebinding), nor by a request. */
  #check({ method, headers }: IncomingMessage): void {
    if (method !== "GET" && method !== "HEAD") throw new Refusal(405, "only GET is answered here");
    const name = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    // With a token any name will do: the token is what a foreign page lacks.
    if (this.#token === null && ![...LOOPBACK, this.#host].includes(name)) {
      throw new Refusal(403, `the host ${JSON.stringify(name)} is not this viewer's; open it as http://localhost`);
    }
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none" && headers["sec-fetch-mode"] !== "navigate") {
      throw new Refusal(403, "another site asked for this");
    }
  }

  /** The token comes once in the address, and from then on in a cookie. */
  #letIn({ headers }: IncomingMessage, url: URL, response: ServerResponse): boolean {
    if (this.#token === null) return true;
    const cookie = `wandb-image-token=${this.#token}`;
    if (isSame(url.searchParams.get("token") ?? "", this.#token)) {
      response.writeHead(302, { "set-cookie": `${cookie}; HttpOnly; SameSite=Strict; Path=/`, location: "/" });
      response.end();
      return false;
    }
    const cookies = (headers.cookie ?? "").split("; ");
    if (cookies.some((one) => isSame(one, cookie))) return true;
    throw new Refusal(401, "open the address that the viewer printed, with its token");
  }

  async #route(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = url;
    if (pathname === "/") return send(response, "text/html; charset=utf-8", pageHtml());
    if (pathname === "/app.js") return send(response, "text/javascript; charset=utf-8", this.#page.script);
    if (pathname === "/app.css") return send(response, "text/css; charset=utf-8", this.#page.style);
    if (pathname === "/favicon.ico") return void response.writeHead(204).end();
    if (pathname === "/api/events") return this.#events(response);
    if (pathname === "/api/runs") return sendJson(response, this.#runs.runs());
    if (pathname === "/api/pack") return this.#pack(searchParams, response);
    if (pathname.startsWith("/api/")) {
      const answers = await this.#runs.answers(searchParams.get("run") ?? "");
      return sendJson(response, await answerTo(pathname.slice(5), answers, searchParams));
    }
    if (pathname.startsWith("/file/")) return this.#file(request, pathname, response);
    throw new Refusal(404, "there is nothing here");
  }

  #events(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write("retry: 1000\n\n");
    const stop = this.#runs.listen((event) => response.write(`data: ${JSON.stringify(event)}\n\n`));
    // So that a proxy in between does not end it.
    const timer = setInterval(() => response.write(": \n\n"), 20_000).unref();
    response.on("close", () => {
      clearInterval(timer);
      stop();
    });
  }

  async #file(request: IncomingMessage, pathname: string, response: ServerResponse): Promise<void> {
    const [run = "", ...parts] = pathname.slice("/file/".length).split("/").map(decoded);
    const { source } = await this.#runs.answers(run);
    const path = parts.join("/");
    const bytes = await source.file(path);
    if (bytes === null) throw new Refusal(404, `${path} is not there`);
    response.setHeader("content-type", mediaType(path));
    // No page of its own, whatever it holds.
    response.setHeader("content-security-policy", "default-src 'none'; sandbox");
    // W&B names media by their hash: such a file never changes.
    const isNamedByHash = /_[0-9a-f]{20}\.[^/]+$/.test(path);
    response.setHeader("cache-control", isNamedByHash ? "private, max-age=31536000, immutable" : "no-cache");
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    if (range === null) return void response.end(request.method === "HEAD" ? undefined : bytes);
    const [start, end] = [Number(range[1]), range[2] ? Math.min(Number(range[2]), bytes.length - 1) : bytes.length - 1];
    if (start > end) throw new Refusal(416, `${path} has ${bytes.length} bytes`);
    response.writeHead(206, { "content-range": `bytes ${start}-${end}/${bytes.length}` });
    response.end(bytes.subarray(start, end + 1));
  }

  /** Lengths, then the files: see ServerSource of the page. */
  async #pack(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const { source } = await this.#runs.answers(query.get("run") ?? "");
    const paths = query.getAll("path");
    const lengths = new DataView(new ArrayBuffer(4 * paths.length));
    const parts: Uint8Array[] = [new Uint8Array(lengths.buffer)];
    const found = await Promise.all(paths.map((path) => source.file(path)));
    let room = MAX_PACK_BYTES;
    for (const [i, bytes] of found.entries()) {
      const fits = bytes !== null && bytes.length <= room;
      lengths.setUint32(4 * i, bytes === null ? 0xffffffff : fits ? bytes.length : 0xfffffffe, true);
      if (!fits) continue;
      room -= bytes.length;
      parts.push(bytes);
    }
    send(response, "application/octet-stream", Buffer.concat(parts));
  }
}

async function answerTo(question: string, answers: RunAnswers, query: URLSearchParams): Promise<unknown> {
  const number = (name: string, most: number) => Math.min(most, Math.max(0, Number(query.get(name)) || 0));
  const key = query.get("key") ?? "";
  switch (question) {
    case "index":
      return answers.index();
    case "rows": {
      const from = number("from", Number.MAX_SAFE_INTEGER);
      return answers.rows(key, from, Math.min(from + MAX_ROWS, number("to", Number.MAX_SAFE_INTEGER)));
    }
    case "scalars": {
      const width = number("width", MAX_WIDTH);
      return Object.fromEntries(query.getAll("key").map((name) => [name, answers.scalars(name, width)]));
    }
    case "column":
      return answers.column(key);
    case "console":
      return answers.console();
    default:
      throw new Refusal(404, `there is no question ${JSON.stringify(question)}`);
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, "the address is not well formed");
  }
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  bmp: "image/bmp",
  webp: "image/webp",
  json: "application/json",
};

/** Anything else is bytes: a browser shows no page of a run's. */
function mediaType(path: string): string {
  return MEDIA_TYPES[path.slice(path.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
}

function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

function send(response: ServerResponse, type: string, body: string | Uint8Array): void {
  response.setHeader("content-type", type);
  response.setHeader("cache-control", "no-store");
  response.end(body);
}

function sendJson(response: ServerResponse, value: unknown): void {
  send(response, "application/json", jsonOf(value));
}
