// Image.from of addresses that a program does not control: bodies without end, servers that are silent or slow, redirects without end or to
// other schemes, and schemes that name files. Refused within time and memory, and nothing is left open.
//   node test/fire/addresses.mjs
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createGzip } from "node:zlib";
import { Image } from "../../dist/node.js";
import { Report, scratch } from "./harness.mjs";

const folder = scratch("addresses");
const report = new Report("addresses");
const png = Buffer.from(new Image([[0, 1]]).bytes);
const secret = join(folder, "secret.png");
writeFileSync(secret, png);

/** A picture's first bytes, and then no end. */
function endless(response, write) {
  const more = () => {
    while (write(Buffer.alloc(1 << 16))) {
      if (response.destroyed) return;
    }
  };
  write(png);
  return more;
}

const ROUTES = {
  "/picture": (response) => response.end(png),
  "/endless": (response) => {
    const more = endless(response, (bytes) => response.write(bytes));
    response.on("drain", more);
    more();
  },
  "/gzip": (response) => {
    response.setHeader("content-encoding", "gzip");
    const gzip = createGzip();
    gzip.pipe(response);
    const more = endless(response, (bytes) => gzip.write(bytes));
    gzip.on("drain", more);
    more();
    response.on("close", () => gzip.destroy());
  },
  "/says 1 TB": (response) => {
    response.setHeader("content-length", 2 ** 40);
    response.write(png);
  },
  "/page": (response) => response.end("<html>".padEnd(1e6, "x")),
  "/silent": () => {},
  "/drips": (response) => {
    const timer = setInterval(() => response.write(Buffer.of(0x89)), 20);
    response.on("close", () => clearInterval(timer));
  },
  "/loop": (response) => response.writeHead(302, { location: "/loop" }).end(),
  "/twice": (response) => response.writeHead(302, { location: "/once" }).end(),
  "/once": (response) => response.writeHead(307, { location: "/picture" }).end(),
  "/to file": (response) => response.writeHead(302, { location: pathToFileURL(secret).href }).end(),
  "/to data": (response) =>
    response.writeHead(302, { location: `data:image/png;base64,${png.toString("base64")}` }).end(),
  "/to ftp": (response) => response.writeHead(302, { location: "ftp://127.0.0.1/x.png" }).end(),
};
let asked = 0;
let open = 0;
const server = createServer((request, response) => {
  asked++;
  open++;
  response.on("close", () => open--);
  ROUTES[decodeURIComponent(request.url)](response);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${server.address().port}`;
const aborted = AbortSignal.abort(new Error("enough"));

/** [what, address, options, what must come of it: "picture" or the words of the error] */
const CASES = [
  ["a picture", `${base}/picture`, {}, "picture"],
  ["a picture after two redirects", `${base}/twice`, {}, "picture"],
  ["a data: URL", `data:image/png;base64,${png.toString("base64")}`, {}, "picture"],
  ["a blob: URL", URL.createObjectURL(new Blob([png])), {}, "picture"],
  ["a body without end", `${base}/endless`, {}, /more than 100000000 bytes/],
  ["a body without end, maxBytes", `${base}/endless`, { maxBytes: 1e6 }, /more than 1000000 bytes/],
  ["gzip without end", `${base}/gzip`, {}, /more than 100000000 bytes/],
  ["a length of 1 TB", `${base}/says 1 TB`, {}, /more than 100000000 bytes/],
  ["a page", `${base}/page`, {}, /HTML|not a|expected/i],
  ["a silent server", `${base}/silent`, { timeout: 300 }, /not read within 0.3 s/],
  ["a server that drips", `${base}/drips`, { timeout: 300 }, /not read within 0.3 s|not a|expected/],
  ["a signal that was aborted", `${base}/picture`, { signal: aborted }, /enough/],
  ["a signal of later", `${base}/silent`, { signal: AbortSignal.timeout(200) }, /timeout/i],
  ["redirects without end", `${base}/loop`, {}, /cannot be fetched/],
  ["a redirect to a file", `${base}/to file`, {}, /cannot be fetched/],
  ["a redirect to data", `${base}/to data`, {}, /cannot be fetched/],
  ["a redirect to ftp", `${base}/to ftp`, {}, /cannot be fetched/],
  ["ftp", "ftp://127.0.0.1/x.png", {}, /./],
  ["gopher", "gopher://127.0.0.1/x.png", {}, /./],
  ["javascript", "javascript:1", {}, /./],
  ["no host", "http://", {}, /./],
];

for (const [what, address, options, expected] of CASES) {
  const [before, start] = [asked, performance.now()];
  const rss = process.memoryUsage().rss;
  const outcome = await Image.from(address, { ...options, onWarning() {} }).then(
    (image) => (image.width === 2 && image.format ? "picture" : "another picture"),
    (error) => `${error?.message ?? error}`,
  );
  const [seconds, megabytes] = [(performance.now() - start) / 1000, (process.memoryUsage().rss - rss) / 2 ** 20];
  report.count("addresses");
  const isRight = typeof expected === "string" ? outcome === expected : outcome !== "picture" && expected.test(outcome);
  if (!isRight) report.fail(`${what}: ${outcome}`);
  if (seconds > 30) report.fail(`${what}: it took ${seconds.toFixed(1)} s`);
  if (megabytes > 500) report.fail(`${what}: it took ${megabytes.toFixed(0)} MB`);
  if (asked - before > 21) report.fail(`${what}: ${asked - before} requests`);
}

// Requests that were given up are closed.
await new Promise((resolve) => setTimeout(resolve, 500));
if (open > 0) report.fail(`${open} answers are left open`);
server.closeAllConnections();
server.close();
report.end();
