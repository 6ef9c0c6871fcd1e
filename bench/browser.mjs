// The benchmarks in headless Chromium against the canvas's own encoders, and the same arrays in Node. Needs Debian's
// chromium and test/real/browsers's playwright-core; without them it says so and measures nothing.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { Image, init } from "../dist/node.js";
import { mosaic, photographs } from "./images.mjs";

const smoke = process.argv.includes("--smoke");
const [WIDTH, HEIGHT] = smoke ? [640, 360] : [3840, 2160];
const rounds = smoke ? 1 : 4;
const driver = new URL("../test/real/browsers/node_modules/playwright-core/index.mjs", import.meta.url);
if (!existsSync("/usr/bin/chromium") || !existsSync(driver)) {
  console.log("no chromium or no playwright-core (bash test/real/browsers/run.sh installs both): nothing measured");
  process.exit();
}
const { chromium } = await import(driver);

const page = readFileSync(new URL("browser.html", import.meta.url));
const script = buildSync({
  entryPoints: [new URL("browser.page.mjs", import.meta.url).pathname],
  bundle: true,
  format: "esm",
  platform: "browser",
  define: { Buffer: "globalThis.Buffer" },
  write: false,
}).outputFiles[0].contents;

const photos = await photographs({ rgb: true });
const pictures = photos
  .slice(0, smoke ? 1 : photos.length)
  .map((photo, i) => mosaic(photo.name, [photo], WIDTH, HEIGHT, i + 1));

const server = createServer(({ url }, response) => {
  if (url.startsWith("/picture/")) return response.end(pictures[Number(url.slice(9))].data);
  const isScript = url.endsWith(".js");
  response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" }).end(isScript ? script : page);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});

const table = [];
const say = (line) => table.push(line) && console.log(line);
const geomean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
const ms = (value) => (value === undefined ? "–" : value.toFixed(1)).padStart(8);

try {
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await tab.waitForFunction(() => document.title === "ready");
  const measure = (kind, i) =>
    tab.evaluate(
      async ([kind, i, width, height, name, rounds]) => {
        const rgb = new Uint8Array(await (await fetch(`/picture/${i}`)).arrayBuffer());
        return bench[kind]({ name, width, height, rgb }, rounds);
      },
      [kind, i, WIDTH, HEIGHT, pictures[i].name, rounds],
    );

  say(
    `${WIDTH}×${HEIGHT} canvas → file in Chromium ${browser.version()}, ms (least of ${rounds}); bytes against the canvas's own`,
  );
  say(
    `${"picture".padEnd(20)}${"PNG".padStart(8)}${"canvas".padStart(8)}${"faster".padStart(8)}${"bytes".padStart(8)}${"fast-png".padStart(10)}${"JPEG".padStart(10)}${"canvas".padStart(8)}${"time".padStart(8)}${"jpeg-js".padStart(9)}`,
  );
  const [faster, slower] = [[], []];
  for (const [i, { name }] of pictures.entries()) {
    const { png, pngBytes, jpeg } = await measure("canvas", i);
    faster.push(png.canvas / png.ours);
    slower.push(jpeg.ours / jpeg.canvas);
    say(
      `${name.padEnd(20)}${ms(png.ours)}${ms(png.canvas)}${`${faster.at(-1).toFixed(2)}×`.padStart(8)}` +
        `${(pngBytes.ours / pngBytes.canvas).toFixed(3).padStart(8)}${ms(png["fast-png"]).padStart(10)}` +
        `${ms(jpeg.ours).padStart(10)}${ms(jpeg.canvas)}${`${slower.at(-1).toFixed(2)}×`.padStart(8)}${ms(jpeg["jpeg-js"]).padStart(9)}`,
    );
  }
  say(
    `geometric mean: PNG ${geomean(faster).toFixed(2)}× faster (least ${Math.min(...faster).toFixed(2)}×), JPEG in ${geomean(slower).toFixed(2)}× the canvas's time`,
  );

  say(`\n${WIDTH}×${HEIGHT} float32 array, ms: in the page, in Node, page / Node`);
  const inPage = await measure("array", 0);
  const inNode = await nodes(pictures[0]);
  for (const name of ["png", "toUint8", "logged"]) {
    say(
      `${name.padEnd(20)}${ms(inPage[name])}${ms(inNode[name])}${`${(inPage[name] / inNode[name]).toFixed(2)}×`.padStart(8)}`,
    );
  }
  say(`${"plain JavaScript".padEnd(20)}${ms(inPage["plain JavaScript"])}`);
  await tab.evaluate((text) => {
    document.getElementById("table").textContent = text;
  }, table.join("\n"));
} finally {
  await browser.close();
  server.close();
}

async function nodes({ width, height, data: rgb }) {
  const data = Float32Array.from(rgb, (value) => value / 255);
  const array = { data, shape: [height, width, 3] };
  const folder = mkdtempSync(join(tmpdir(), "wandb-image-bench-"));
  const contestants = {
    png: () => new Image(array),
    toUint8: () => Image.toUint8(array),
    async logged() {
      const run = init({ mode: "offline", project: "bench", dir: folder });
      run.log({ frame: new Image(array) });
      await run.finish();
    },
  };
  const least = {};
  for (let round = 0; round < rounds + 1; round++) {
    for (const [name, contestant] of Object.entries(contestants)) {
      const start = performance.now();
      await contestant();
      least[name] = Math.min(least[name] ?? Infinity, performance.now() - start);
    }
  }
  rmSync(folder, { recursive: true });
  return least;
}
