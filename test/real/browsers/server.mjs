// Serves the repository on loopback. A path that begins with a policy's name gets that Content-Security-Policy.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".png": "image/png",
  ".jpg": "image/jpeg",
};

/** What shared memory needs in a page. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

const POLICIES = {
  isolated: "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  "csp-wasm": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  "csp-strict": "default-src 'self'; script-src 'self'",
  "csp-no-worker": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'",
  // What a bundler leaves that does not know `new Worker(new URL(…))`.
  "no-worker-file": "default-src * 'unsafe-inline' 'wasm-unsafe-eval' data: blob:",
};

/** @returns its address, the paths asked for so far, and how to close it */
export async function serve() {
  const asked = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    asked.push(pathname);
    const policy = pathname.split("/")[1];
    const headers = POLICIES[policy] ? { "content-security-policy": POLICIES[policy] } : {};
    if (policy === "isolated") Object.assign(headers, ISOLATED);
    const file = join(
      root,
      normalize(decodeURIComponent(POLICIES[policy] ? pathname.slice(policy.length + 1) : pathname)),
    );
    if (policy === "no-worker-file" && pathname.endsWith("page-worker.js")) return response.writeHead(404).end();
    if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    headers["content-type"] = TYPES[extname(file)] ?? "application/octet-stream";
    headers["cache-control"] = "no-store";
    createReadStream(file).pipe(response.writeHead(200, headers));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    asked,
    address: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
