// What `show` writes, decoded by others: sixel by the decoder of xterm.js' image addon, half blocks by xterm.js itself, kitty's and
// iTerm2's files by sharp. In a pseudo-terminal too, which answers as real ones do.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import xterm from "@xterm/headless";
import sixel from "sixel";
import { Image } from "../../../dist/node.js";
import { begin } from "./runs.mjs";
import { cli, freshFolder } from "./viewer.mjs";

const sharp = createRequire(new URL("../../../package.json", import.meta.url))("sharp");
const dir = freshFolder();
after(() => rmSync(dir, { recursive: true, force: true }));

// Four colors in blocks of 40 × 40: no reduction of size or colors loses them.
const COLORS = [
  [255, 0, 0],
  [0, 255, 0],
  [51, 51, 255],
  [255, 255, 255],
];
const [width, height] = [160, 120];
const data = new Uint8Array(width * height * 3);
for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++, i += 3) data.set(colorAt(x, y), i);
function colorAt(x, y) {
  return COLORS[(Math.floor(x / 40) + Math.floor(y / 40)) % 4];
}
const run = begin(dir, "blocks");
run.log({ blocks: new Image({ data, shape: [height, width, 3] }, { caption: "a caption" }) });
await run.finish();

const show = (...options) =>
  execFileSync(process.execPath, [cli, "show", dir, ...options], { env: { ...process.env, COLUMNS: "80" } });

test("sixel", () => {
  const out = show("--protocol", "sixel").toString("latin1");
  const from = out.indexOf("\x1bP") + 2;
  const body = out.slice(from, out.indexOf("\x1b\\", from)).replace(/^[\d;]*q/, "");
  const decoded = sixel.decode(Buffer.from(body, "latin1"), { memoryLimit: 1e8 });
  const ratio = decoded.width / width;
  assert.ok(Math.abs(decoded.height / height - ratio) < 0.05 * ratio, `${decoded.width} × ${decoded.height}`);
  const pixels = new Uint8Array(decoded.data32.buffer, decoded.data32.byteOffset, decoded.data32.length * 4);
  for (let y = 20; y < height; y += 40) {
    for (let x = 20; x < width; x += 40) {
      const at = (Math.floor((y * decoded.height) / height) * decoded.width + Math.floor(x * ratio)) * 4;
      // Sixel counts colors in hundredths.
      for (let c = 0; c < 3; c++) assert.ok(Math.abs(pixels[at + c] - colorAt(x, y)[c]) <= 2, `${x}, ${y}`);
    }
  }
});

for (const protocol of ["blocks", "256"]) {
  test(`half blocks, ${protocol}`, async () => {
    const terminal = new xterm.Terminal({ cols: 80, rows: 40, allowProposedApi: true });
    const out = show("--protocol", protocol).toString().replaceAll("\n", "\r\n");
    await new Promise((resolve) => terminal.write(out, resolve));
    const lines = Array.from({ length: 40 }, (_, y) => terminal.buffer.active.getLine(y));
    const drawn = lines.filter((line) => line.getCell(0).getChars() === "▀");
    const columns = lines[0].translateToString(true).length;
    assert.ok(columns > 20 && drawn.length > 8, `${columns} × ${drawn.length} cells`);
    const rgb = (cell, side) => {
      const [value, isRgb] = [cell[`get${side}Color`](), cell[`is${side}RGB`]()];
      if (isRgb) return [value >> 16, (value >> 8) & 255, value & 255];
      const levels = [0, 95, 135, 175, 215, 255];
      if (value >= 232) return new Array(3).fill(8 + 10 * (value - 232));
      return [Math.floor((value - 16) / 36), Math.floor((value - 16) / 6) % 6, (value - 16) % 6].map((i) => levels[i]);
    };
    for (let y = 20; y < height; y += 40) {
      for (let x = 20; x < width; x += 40) {
        const half = Math.floor((y / height) * 2 * drawn.length);
        const cell = drawn[half >> 1].getCell(Math.floor((x / width) * columns));
        const found = rgb(cell, half % 2 === 0 ? "Fg" : "Bg");
        const most = protocol === "blocks" ? 0 : 50;
        for (let c = 0; c < 3; c++) assert.ok(Math.abs(found[c] - colorAt(x, y)[c]) <= most, `${x}, ${y}: ${found}`);
      }
    }
    const text = lines.map((line) => line.translateToString(true)).join("\n");
    assert.match(text, /blocks · step 0\na caption/);
  });
}

test("kitty and iTerm2: the very file", async () => {
  const kitty = show("--protocol", "kitty").toString("latin1");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked at
  const parts = [...kitty.matchAll(/\x1b_G[^;]*;([^\x1b]*)\x1b\\/g)].map((match) => match[1]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked at
  const iterm = /\x1b\]1337;File=[^:]*:([^\x07]*)\x07/.exec(show("--protocol", "iterm").toString("latin1"))[1];
  for (const base64 of [parts.join(""), iterm]) {
    const decoded = await sharp(Buffer.from(base64, "base64")).raw().toBuffer();
    assert.equal(Buffer.compare(decoded, data), 0);
  }
});

test("in a terminal that answers that it knows sixel, sixel; in one that does not, half blocks; in a pipe, words", () => {
  const python = `
import os, pty, select, sys, time
answer, argv = sys.argv[1].encode().decode("unicode_escape").encode("latin1"), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    for name in ("TMUX", "STY", "TERM_PROGRAM", "NO_COLOR", "KITTY_WINDOW_ID"): os.environ.pop(name, None)
    os.execvp(argv[0], argv)
out, sent = b"", False
while True:
    try: data = os.read(fd, 65536)
    except OSError: break
    if not data: break
    out += data
    if not sent and b"\\x1b[c" in out:
        os.write(fd, answer); sent = True
sys.stdout.buffer.write(out)
`;
  const inTerminal = (answer) =>
    execFileSync("python3", ["-c", python, answer, process.execPath, cli, "show", dir]).toString("latin1");
  assert.ok(inTerminal("\\x1b[6;20;10t\\x1b[?62;4;22c").includes("\x1bP0;1;0q"));
  assert.ok(inTerminal("\\x1b[?62;22c").includes("\x1b[38;2;255;0;0"));
  assert.match(show().toString(), /^blocks · step 0\ta caption\t.*\.png\n$/);
});
