// JPEG against Pillow (libjpeg-turbo), each in its own process, in short turns: where a machine is slower for a while, both are.
//   taskset -c 1 node bench/pillow-jpeg.mjs [folder] [--smoke] [--rounds=N] [--4:4:4]
// The folder's default is bench/pictures. Pillow is that of `python3` (or $PYTHON). Pixels in memory become a file in memory at
// quality 75; alpha is dropped beforehand. The files are compared byte for byte before they are timed.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { encodeJpeg } from "../dist/encoders.js";

const options = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const [folder] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const smoke = options.includes("--smoke");
const rounds = smoke ? 1 : Number(options.find((option) => option.startsWith("--rounds="))?.slice(9) ?? 15);
const subsampling = options.includes("--4:4:4") ? "4:4:4" : "4:2:0";
/** A turn lasts at least this long, and has three encodings at least: the first ones find cold caches. */
const TURN = smoke ? 0 : 6;

const PYTHON = process.env.PYTHON ?? "python3";
// Answers each line of pixels' path, mode, width, height, or "go", with the least milliseconds of a turn.
const SERVER = `
import io, sys, time
from PIL import Image
# Named for gray, subsampling would be written into the file.
kwargs = {'subsampling': '4:4:4'} if sys.argv[1] == '4:4:4' else {}
turn = float(sys.argv[2]) / 1000
for line in sys.stdin:
    words = line.split()
    if words[0] != 'go':
        path, mode, w, h = words
        im = Image.frombytes(mode, (int(w), int(h)), open(path, 'rb').read())
        im.save(path + '.jpg', 'JPEG', **kwargs)
    best = 1e9; times = 0; begin = time.perf_counter()
    while times < 3 or time.perf_counter() - begin < turn:
        b = io.BytesIO(); t = time.perf_counter(); im.save(b, 'JPEG', **kwargs)
        best = min(best, time.perf_counter() - t); times += 1
    print(best * 1000, flush=True)
`;

function ourTurn(image) {
  let best = Infinity;
  const begin = performance.now();
  for (let times = 0; times < 3 || performance.now() - begin < TURN; times++) {
    const start = performance.now();
    encodeJpeg(image, { subsampling });
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

async function pictures() {
  const path = folder ?? fileURLToPath(new URL("./pictures/", import.meta.url));
  const files = readdirSync(path).filter((file) => file.endsWith(".png"));
  return (smoke ? files.slice(0, 3) : files).map((file) => join(path, file));
}

async function read(path) {
  const picture = sharp(path).removeAlpha();
  const gray = (await sharp(path).metadata()).channels < 3;
  const { data, info } = await (gray ? picture.toColourspace("b-w") : picture)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const name = path.replace(/.*\//, "").slice(0, -4);
  const { width, height, channels } = info;
  return { name, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height, channels };
}

if (spawnSync(PYTHON, ["-c", "import PIL"]).status !== 0) {
  console.log(`skipped: ${PYTHON} has no Pillow`);
  process.exit(0);
}
const temporary = mkdtempSync(join(tmpdir(), "wandb-image-bench-"));
const python = spawn(PYTHON, ["-c", SERVER, subsampling, TURN], { stdio: ["pipe", "pipe", "inherit"] });
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
async function pillowTurn(words) {
  python.stdin.write(`${words}\n`);
  return Number((await answers.next()).value);
}

console.log(`| ${subsampling} | ours ms | Pillow ms | Pillow / ours |\n|---|---|---|---|`);
const ratios = [];
for (const path of await pictures()) {
  const image = await read(path);
  const pixels = join(temporary, "pixels");
  writeFileSync(pixels, image.data);
  await pillowTurn(`${pixels} ${image.channels === 1 ? "L" : "RGB"} ${image.width} ${image.height}`);
  const same = readFileSync(`${pixels}.jpg`).equals(encodeJpeg(image, { subsampling }));
  if (!same) throw new Error(`${image.name}: not Pillow's bytes`);
  let [ours, pillows] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    ours = Math.min(ours, ourTurn(image));
    pillows = Math.min(pillows, await pillowTurn("go"));
  }
  ratios.push([pillows / ours, image.name]);
  const cells = [ours.toFixed(3), pillows.toFixed(3), (pillows / ours).toFixed(2)];
  console.log(`| ${image.name} ${image.width}×${image.height}×${image.channels} | ${cells.join(" | ")} |`);
}
python.stdin.end();
rmSync(temporary, { recursive: true });
const geomean = Math.exp(ratios.reduce((sum, [ratio]) => sum + Math.log(ratio), 0) / ratios.length);
ratios.sort(([a], [b]) => a - b);
console.log(
  `\nPillow's time by ours: ${geomean.toFixed(3)} in the geometric mean; least ${ratios[0][0].toFixed(2)} (${ratios[0][1]}); ` +
    `${ratios.filter(([ratio]) => ratio < 1).length} of ${ratios.length} below 1`,
);
