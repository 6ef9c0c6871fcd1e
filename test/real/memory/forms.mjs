// Writes every form of PNG into the folder: modes, depths, palettes with and without alpha, all efforts, odd sizes.
//   node forms.mjs FOLDER
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Image } from "../../../dist/node.js";

const [folder] = process.argv.slice(2);
const onWarning = () => {};

/** Values of one picture, by what it shows; `step` walks through them. */
const CONTENTS = {
  photograph: (x, y, c, noise) => 128 + 90 * Math.sin(x / 23 + c) * Math.cos(y / 17) + (noise & 15),
  noise: (_x, _y, _c, noise) => noise & 255,
  flat: (x, y, c) => (((x >> 4) + (y >> 5)) % 2 === 0 ? 30 + 50 * c : 200),
  black: () => 0,
};
const SIZES = [
  [1, 1],
  [3, 2],
  [17, 33],
  [300, 211],
  [65500, 2],
  [2, 65500],
];

function pixels(content, width, height, channels) {
  const data = new Uint8Array(width * height * channels);
  let state = 7;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const pixel = Math.floor(i / channels);
    data[i] = CONTENTS[content](pixel % width, Math.floor(pixel / width), i % channels, state >>> 24);
  }
  return data;
}

for (const compression of ["fast", "balanced", "small"]) {
  for (const content of Object.keys(CONTENTS)) {
    for (const [width, height] of SIZES) {
      for (const channels of [1, 2, 3, 4]) {
        const decoded = { data: pixels(content, width, height, channels), width, height, channels };
        const write = (name, options, input = decoded) => {
          const image = new Image(input, { compression, onWarning, ...options });
          writeFileSync(join(folder, `${content}-${width}x${height}-${name}-${compression}.png`), image.bytes);
        };
        write(`channels${channels}`, {});
        if (channels === 3) {
          for (const mode of ["1", "P", "LA", "RGBA", "I"]) write(`mode${mode}`, { mode });
        }
        if (channels === 1 || channels === 3) {
          const shape = channels === 1 ? [height, width] : [height, width, 3];
          const data = Float32Array.from(decoded.data, (value, i) => (value + (i % 7) / 7) / 256);
          write(`depth16-${channels}`, { bitDepth: 16 }, { data, shape });
        }
      }
    }
  }
}
