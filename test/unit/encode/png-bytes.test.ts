// Kinds of pictures that were 1.4 to 2.3 times fast-png's files once: the search for matches passed them by.
import { expect, test } from "@jest/globals";
import { encode as fastPng } from "fast-png";
import sharp from "sharp";
import type { Picture } from "../../support/pictures.ts";
import { encoded, expectSamePixels } from "../../support/png.ts";
import { random } from "../../support/random.ts";

function drawn(width: number, height: number, pixel: (x: number, y: number) => readonly number[]): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(pixel(x, y), (y * width + x) * 3);
  return { data, width, height, channels: 3 };
}

function noise(seed: number, count: number, top: number): Uint8Array {
  const next = random(seed);
  return Uint8Array.from({ length: count }, () => next() * top);
}

function tintedTexture(): Picture {
  const grid = noise(1, 4096, 256);
  const at = (x: number, y: number) => grid[(y * 64 + x) & 4095]!;
  return drawn(240, 240, (x, y) => {
    const value = Math.round(0.7 * at(x >> 1, y >> 1) + 0.3 * at(x + 17, y));
    return [(value * 8) / 10, value, (value * 6) / 10];
  });
}

function mappedNoise(): Picture {
  const grain = noise(2, 400 * 300, 3);
  return drawn(400, 300, (x, y) => {
    const value = Math.round(110 + 60 * Math.sin(x / 37 + 2 * Math.sin(y / 29))) + grain[y * 400 + x]!;
    return [(value * 7) & 255, 255 - value, (value * 11) & 255];
  });
}

async function smallFrame(): Promise<Picture> {
  const frame = sharp(new URL("../../../bench/pictures/sim-doom__basic.png", import.meta.url).pathname);
  const { data } = await frame
    .extract({ left: 358, top: 258, width: 84, height: 84 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: 84, height: 84, channels: 3 };
}

/** The fire of Doom's PlayStation port: heat rises, drifts and cools by chance, in few colors. */
function fire(side: number): Picture {
  const next = random(3);
  const heat = new Uint8Array(side * side).fill(36, side * (side - 1));
  for (let frame = 0; frame < side; frame++) {
    for (let i = side; i < side * side; i++) {
      const chance = Math.floor(next() * 3);
      heat[Math.max(0, i - side - chance + 1)] = Math.max(0, heat[i]! - (chance & 1));
    }
  }
  return drawn(side, side, (x, y) => {
    const value = heat[y * side + x]!;
    return [Math.min(255, value * 12), Math.min(255, value * value * 0.2), value > 30 ? (value - 30) * 40 : 3];
  });
}

const dot = drawn(28, 28, (x, y) => (x > 11 && x < 17 && y > 11 && y < 17 ? [255, 200, 0] : [0, 0, 0]));
const black = drawn(1920, 1080, () => [0, 0, 0]);

test.each([
  ["a texture of 256 colors", tintedTexture],
  ["noise through a color map", mappedNoise],
  ["a small frame", smallFrame],
  ["a tiny frame of a fire", () => fire(28)],
  ["a small frame of a fire", () => fire(84)],
  ["a frame of a fire", () => fire(224)],
  ["a tiny frame of one dot", () => dot],
  ["a large frame of nothing", () => black],
])("%s takes at most 2 %% more bytes than fast-png's", async (_, made) => {
  const picture = await made();
  const bound = 1.02 * fastPng({ ...picture, depth: 8 }).length;
  for (const compression of ["fast", "balanced", "small"] as const) {
    const file = encoded(picture, { compression });
    await expectSamePixels(picture, file);
    expect(file.length).toBeLessThanOrEqual(bound);
  }
});

/** Noise dragged along the rows: each pixel is the mean of the 48 before it, as a camera in motion leaves it. */
function motionBlur(): Picture {
  const grain = noise(4, 3 * 448 * 240, 256);
  const mean = (x: number, y: number, channel: number) => {
    let sum = 0;
    for (let i = 0; i < 48; i++) sum += grain[3 * (y * 448 + x + i) + channel]!;
    return Math.round(sum / 48);
  };
  return drawn(400, 240, (x, y) => [mean(x, y, 0), mean(x, y, 1), mean(x, y, 2)]);
}

/** Soft gratings that cross: what a renderer or a screen that is photographed shows. */
const gratings = drawn(512, 512, (x, y) => {
  const wave = (period: number, angle: number) =>
    Math.sin((2 * Math.PI * (x * Math.cos(angle) + y * Math.sin(angle))) / period);
  const value = Math.round(127.5 + 60 * wave(7.3, 0) + 60 * wave(7.9, 0.05));
  return [value, value, 255 - value];
});

// Rows by the filter that fits each leave the same pixels different residuals, which do not match.
test.each([
  ["motion blur", motionBlur()],
  ["gratings", gratings],
])("%s at small takes fewer bytes than libpng's, at its best and filtered either way", async (_, picture) => {
  const { data, width, height } = picture;
  const file = encoded(picture, { compression: "small" });
  await expectSamePixels(picture, file);
  for (const adaptiveFiltering of [true, false]) {
    const raw = sharp(data, { raw: { width, height, channels: 3 } });
    const libpng = await raw.png({ compressionLevel: 9, adaptiveFiltering }).toBuffer();
    expect(file.length).toBeLessThan(libpng.length);
  }
});
