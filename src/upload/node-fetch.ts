// Requests by node:http, for a run of many small files: a PUT by Node's own fetch costs six times the time. Node only.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { pipeline, Readable } from "node:stream";
import type { Fetch, Reply } from "./http.ts";
import { streamOf } from "./large-file.ts";

const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

/**
 * The engine's fetch in Deno and Bun, whose own is fast, and where Node was told to use a proxy; else node:http. Redirects are
 * never followed.
 */
export function nodeFetch(env: Readonly<Record<string, string | undefined>>): Fetch {
  const { versions } = process;
  const own = "bun" in versions || "deno" in versions || env.NODE_USE_ENV_PROXY === "1";
  return own ? (url, init) => fetch(url, init as RequestInit) : send;
}

const send: Fetch = async (url, init) => {
  try {
    return await sendOnce(url, init);
  } catch (error) {
    // The server had closed the connection that was kept; nothing of the request was heeded.
    if (!(error as { onKeptConnection?: boolean }).onKeptConnection || init.signal.aborted) throw error;
    return sendOnce(url, init);
  }
};

function sendOnce(url: string, { method, headers, body, signal }: Parameters<Fetch>[1]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const isHttps = url.startsWith("https:");
    const length =
      typeof body === "string" ? Buffer.byteLength(body) : body instanceof Blob ? body.size : body.byteLength;
    const options = {
      method,
      headers: { ...headers, "Content-Length": length },
      agent: isHttps ? agents.https : agents.http,
    };
    const request = (isHttps ? httpsRequest : httpRequest)(url, options, (response) => resolve(replyOf(response)));
    const abort = () => request.destroy(new Error("the request was given up"));
    signal.addEventListener("abort", abort, { once: true });
    request.on("error", (error) => {
      const { code } = error as NodeJS.ErrnoException;
      const kept = request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
      reject(kept ? Object.assign(error, { onKeptConnection: true }) : error);
    });
    request.on("close", () => signal.removeEventListener("abort", abort));
    if (body instanceof Blob) {
      const stream: Readable =
        streamOf(body) ?? Readable.fromWeb(body.stream() as Parameters<typeof Readable.fromWeb>[0]);
      pipeline(stream, request, () => {}); // closes both, whichever fails; what failed comes as the request's error
    } else {
      request.end(body);
    }
  });
}

function replyOf(response: IncomingMessage): Reply {
  const status = response.statusCode ?? 0;
  return {
    status,
    ok: status >= 200 && status < 300,
    type: "basic",
    headers: {
      get(name) {
        const value = response.headers[name.toLowerCase()];
        return value === undefined ? null : String(value);
      },
    },
    async text() {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString();
    },
    body: {
      async cancel() {
        response.resume(); // read to its end, so that the connection can be kept
      },
    },
  };
}
