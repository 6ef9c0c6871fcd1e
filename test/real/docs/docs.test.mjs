// Every code block of README and docs runs, or is what its language says.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, dirname, extname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, transform } from "esbuild";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { DOORS } from "../../../scripts/doors.mjs";
import { blocksOf, programOf } from "./blocks.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const run = promisify(execFile);
// Inside the package, whose own name then resolves to it.
const folder = join(root, "build/docs");

const all = ["README.md", "CONTRIBUTING.md", "bench/README.md", ...markdownIn("docs")].filter((name) =>
  existsSync(join(root, name)),
);
const documents = process.env.DOCUMENTS ? process.env.DOCUMENTS.split(" ") : all;

function markdownIn(name) {
  if (!existsSync(join(root, name))) return [];
  return readdirSync(join(root, name), { recursive: true })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(name, file));
}

/** Name → door that exports it, the main door's first. */
const exported = new Map();
for (const [path, source] of Object.entries(DOORS)) {
  const door = `wandb-image${path.slice(1)}`;
  const file = join(root, "dist", `${typeof source === "string" ? source : source.node}.js`);
  for (const name of Object.keys(await import(file))) if (!exported.has(name)) exported.set(name, door);
}

const photograph = join(folder, "photo.jpg");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
await sharp(join(root, "test/fixtures/photographs/astronaut.png")).resize(64).jpeg().toFile(photograph);
const env = {
  ...process.env,
  NODE_OPTIONS: "",
  DOCS_PHOTOGRAPH: photograph,
  WANDB_MODE: "offline",
  WANDB_SILENT: "true",
  NO_COLOR: "1",
  HOME: folder,
};

/** A folder as a reader's: pictures of the usual names, and a run. */
async function home(name) {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  const picture = sharp(photograph);
  for (const file of ["cat.png", "photo.png", "photo.jpg", "photo.tif", "mask.png", "frame.png"]) {
    await picture
      .clone()
      .toFormat(extname(file).slice(1).replace("jpg", "jpeg").replace("tif", "tiff"))
      .toFile(join(place, file));
  }
  const logging = `import { Image, init } from "wandb-image";
    const run = init({ project: "cats" });
    for (let i = 0; i < 3; i++) run.log({ loss: 1 / (i + 1), cat: new Image("cat.png", { caption: "cat " + i }) });
    await run.finish();`;
  writeFileSync(join(place, "log-a-run.mjs"), logging);
  await run(process.execPath, ["log-a-run.mjs"], { cwd: place, env });
  return place;
}

let browser;
let server;
before(async () => {
  server = createServer(({ url }, response) => {
    const file = join(folder, decodeURIComponent(new URL(url, "http://localhost").pathname));
    if (!existsSync(file) || file.endsWith("/")) return response.writeHead(404).end();
    const types = {
      ".html": "text/html",
      ".js": "text/javascript",
      ".mjs": "text/javascript",
      ".jpg": "image/jpeg",
      ".png": "image/png",
    };
    createReadStream(file).pipe(
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }),
    );
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  await browser?.close();
  server.closeAllConnections();
  server.close();
});

/** The page is loaded, its scripts ran, and nothing was thrown. */
async function openPage(path) {
  browser ??= await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.stack ?? String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/${path}`);
  await page
    .waitForFunction(() => globalThis.ended === true, undefined, { timeout: 20_000 })
    .catch(() => errors.push("it did not end"));
  await page.close();
  assert.deepEqual(errors, []);
}

for (const document of documents) {
  describe(document, () => {
    const name = basename(document, ".md");
    const blocks = blocksOf(readFileSync(join(root, document), "utf8"));
    let place;
    let previous = "";
    before(async () => {
      place = await home(name);
      for (const { options, code } of blocks)
        if (options.has("file")) writeFileSync(join(place, options.get("file")), code);
    });

    for (const block of blocks) {
      test(`line ${block.line}: ${[block.language, ...block.words].join(" ")}`, async () => {
        if (block.options.has("file")) return;
        const kind = RUN[block.language];
        assert.ok(kind !== undefined, `no language "${block.language}" is known here; prose is \`text\``);
        await kind(block, place, name);
      });
    }

    const RUN = {
      js: program,
      ts: program,
      sh: shell,
      html,
      json: ({ code }) => void JSON.parse(code),
      python: ({ code }) => run("python3", ["-c", "import ast, sys; ast.parse(sys.argv[1])", code]),
      text() {},
    };

    async function program(block) {
      previous = programOf(block, exported, block.words.has("continues") ? previous : "");
      const file = join(place, `block-${block.line}.mjs`);
      if (block.words.has("page")) {
        const source = join(place, `block-${block.line}.source.${block.language}`);
        writeFileSync(source, `${previous}\nglobalThis.ended = true;\n`);
        await build({
          entryPoints: [source],
          outfile: file,
          bundle: true,
          format: "esm",
          target: "es2022",
          logLevel: "error",
        });
        writeFileSync(
          join(place, `block-${block.line}.html`),
          `<!doctype html><link rel="icon" href="data:," /><script type="module" src="block-${block.line}.mjs"></script>`,
        );
        return await openPage(`${name}/block-${block.line}.html`);
      }
      const { code } = await transform(previous, { loader: block.language, format: "esm", target: "node20" });
      writeFileSync(file, code);
      const ending = run(process.execPath, ["--import", join(here, "preload.mjs"), file], {
        cwd: place,
        env,
        timeout: 60_000,
      });
      if (block.words.has("throws")) await assert.rejects(ending);
      else await ending;
    }

    async function html({ line, code }) {
      const ended = '<script type="module">globalThis.ended = true;</script>';
      // A page of the reader's loads the package from a CDN: here it lies beside it.
      const local = code.replace(/https:\/\/[^"'\s]*?\/(wandb-image[^"'/\s]*\.js)/g, "./$1");
      for (const file of readdirSync(join(root, "dist")).filter((file) => /\.min\.js$/.test(file))) {
        writeFileSync(join(place, file), readFileSync(join(root, "dist", file)));
      }
      writeFileSync(join(place, `block-${line}.html`), local + ended);
      await openPage(`${name}/block-${line}.html`);
    }

    /** The package's own commands run; of the others it is known that they exist. */
    async function shell({ code, words }) {
      for (const line of code.split("\n").flatMap((line) => line.replace(/(^|\s)#.*/, "").split("&&"))) {
        const [command, ...args] = line.trim().split(/\s+/);
        if (command === "") continue;
        const said = `${command} ${args.join(" ")}`;
        if (command === "npx" && args[0] === "wandb-image") await own(args.slice(1), words.has("serves"));
        else if (command === "npm" && args[0] === "run") assert.ok(args[1] in scripts, `${said}: no such script`);
        else
          assert.match(
            said,
            /^(npm (install|ci|test|i|version|publish)|git |cd |pip install|uvx wandb|wandb (sync|offline|online)|[A-Z_]+=|\.ci\/|bash test\/|node )/,
            `${said}: unknown here`,
          );
      }
    }

    async function own(args, serves) {
      const words = args.map((word) => word.replace(/^["']|["']$/g, ""));
      const child = spawn(
        process.execPath,
        [join(root, "dist/cli/main.js"), ...words, ...(serves ? ["--no-open"] : [])],
        { cwd: place, env: { ...env, WANDB_SILENT: "" }, timeout: 60_000 },
      );
      let output = "";
      const code = await new Promise((resolve) => {
        for (const stream of [child.stdout, child.stderr]) {
          stream.on("data", (text) => {
            output += text;
            if (serves && output.includes("\n")) child.kill("SIGINT");
          });
        }
        child.on("close", resolve);
      });
      assert.ok(serves ? output.length > 0 : code === 0, `npx wandb-image ${args.join(" ")}: ${code}\n${output}`);
    }
  });
}
