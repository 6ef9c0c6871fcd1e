// The pictures that the encoders are measured with: photographs as they came from the camera, and what people log.
// All are made here from the fixtures and from formulas with seeds: the same bytes on every machine that has the fonts.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const PHOTOGRAPHS = fileURLToPath(new URL("../test/fixtures/photographs/", import.meta.url));

/** Mulberry32. */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns {{ name, kind, data: Uint8Array, width, height, channels }} */
function image(name, kind, data, width, height, channels = 3) {
  return { name, kind, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height, channels };
}

/** The photographs of the fixtures, RGB (the camera's is gray stored as RGB when `rgb`). */
export async function photographs({ rgb = false } = {}) {
  const names = readdirSync(PHOTOGRAPHS).filter((name) => /\.(png|jpg)$/.test(name));
  return Promise.all(
    names.sort().map(async (file) => {
      let picture = sharp(PHOTOGRAPHS + file).removeAlpha();
      if (rgb) picture = picture.toColourspace("srgb");
      const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
      const kind = file.startsWith("camera") ? "gray photograph" : "photograph";
      return image(file.replace(/\..*/, ""), kind, data, info.width, info.height, info.channels);
    }),
  );
}

/** Crops of photographs at their native resolution, side by side: scaling up would make them smooth and easy. */
export function mosaic(name, photos, width, height, seed) {
  const next = random(seed);
  const data = new Uint8Array(width * height * 3);
  const [tileWidth, tileHeight] = [Math.min(384, width), Math.min(270, height)];
  for (let y = 0, i = 0; y < height; y += tileHeight) {
    for (let x = 0; x < width; x += tileWidth, i++) {
      const photo = photos[i % photos.length];
      const [w, h] = [Math.min(tileWidth, width - x), Math.min(tileHeight, height - y)];
      const left = Math.floor(next() * (photo.width - w + 1));
      const top = Math.floor(next() * (photo.height - h + 1));
      for (let row = 0; row < h; row++) {
        const from = ((top + row) * photo.width + left) * 3;
        data.set(photo.data.subarray(from, from + w * 3), ((y + row) * width + x) * 3);
      }
    }
  }
  return image(name, "photograph", data, width, height);
}

async function drawn(name, kind, width, height, body) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`;
  const { data } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return image(name, kind, data, width, height);
}

const WORDS =
  "const frame of layers loss accuracy epoch 0.0173 train step => return await model.predict(batch) gpu 12.4GB { } [ok] warning: gradient norm 1e-4 import numpy as np def forward(self, x): // TODO".split(
    " ",
  );
const INKS = ["#d4d4d4", "#569cd6", "#ce9178", "#6a9955", "#dcdcaa", "#c586c0", "#4ec9b0", "#f44747"];
const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

function lines(x, y, count, pitch, size, longest, next, inks) {
  let body = "";
  for (let line = 0; line < count; line++) {
    let at = x + pitch * Math.floor(next() * 4);
    const end = x + longest * (0.2 + 0.8 * next() ** 2);
    while (at < end && next() > 0.06) {
      const word = WORDS[Math.floor(next() * WORDS.length)];
      const ink = inks[Math.floor(next() * inks.length)];
      body += `<text x="${at.toFixed(0)}" y="${y + line * pitch}" font-size="${size}" fill="${ink}" font-family="DejaVu Sans Mono">${escaped(word)}</text>`;
      at += (word.length + 1) * size * 0.602;
    }
  }
  return body;
}

/** A terminal full of colored text. */
export function terminal(width, height) {
  const next = random(11);
  const pitch = 26;
  const body = lines(20, 30, Math.floor(height / pitch) - 1, pitch, 20, width - 60, next, INKS);
  return drawn("terminal", "screenshot", width, height, `<rect width="100%" height="100%" fill="#1e1e1e"/>${body}`);
}

/** A desktop: windows, shadows, gradients, text, and a photograph. */
async function desktop(width, height, photo) {
  const next = random(12);
  const s = width / 3840;
  const px = (v) => Math.round(v * s);
  let body = `<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#203a5c"/><stop offset="1" stop-color="#5c2f58"/></linearGradient>
    <filter id="b"><feGaussianBlur stdDeviation="${px(18)}"/></filter></defs><rect width="100%" height="100%" fill="url(#g)"/>`;
  for (const [x, y, w, h, paper, ink] of [
    [120, 140, 1700, 1500, "#ffffff", ["#222222", "#0550ae", "#953800"]],
    [1500, 420, 1500, 1400, "#1e1e1e", INKS],
    [2500, 120, 1200, 900, "#f6f8fa", ["#24292f", "#57606a"]],
  ]) {
    body += `<rect x="${px(x + 10)}" y="${px(y + 24)}" width="${px(w)}" height="${px(h)}" fill="#000" opacity="0.45" filter="url(#b)"/>`;
    body += `<rect x="${px(x)}" y="${px(y)}" width="${px(w)}" height="${px(h)}" rx="${px(14)}" fill="${paper}"/>`;
    body += `<rect x="${px(x)}" y="${px(y)}" width="${px(w)}" height="${px(56)}" rx="${px(14)}" fill="#d0d7de"/>`;
    body += lines(px(x + 40), px(y + 110), Math.floor((h - 120) / 36), px(36), px(24), px(w - 120), next, ink);
  }
  const picture = await drawn("desktop", "screenshot", width, height, body);
  const [w, h] = [Math.min(photo.width, px(640)), Math.min(photo.height, px(427))];
  for (let row = 0; row < h; row++) {
    const from = row * photo.width * 3;
    picture.data.set(photo.data.subarray(from, from + w * 3), ((px(1080) + row) * width + px(2800)) * 3);
  }
  return picture;
}

/** Twelve panels of lines, axes and scattered points. */
export function plot(width, height) {
  const next = random(13);
  const [columns, rows] = [4, 3];
  const [w, h] = [width / columns, height / rows];
  let body = `<rect width="100%" height="100%" fill="#fff"/>`;
  for (let panel = 0; panel < columns * rows; panel++) {
    const x = (panel % columns) * w + w * 0.12;
    const y = Math.floor(panel / columns) * h + h * 0.1;
    const [pw, ph] = [w * 0.8, h * 0.75];
    body += `<text x="${x + pw / 3}" y="${y - 10}" font-size="${h * 0.04}" font-family="DejaVu Sans">loss of layer ${panel}</text>`;
    for (let tick = 0; tick <= 5; tick++) {
      const [tx, ty] = [x + (pw * tick) / 5, y + (ph * tick) / 5];
      body += `<path d="M${x} ${ty}H${x + pw}M${tx} ${y}V${y + ph}" stroke="#ddd"/>`;
      body += `<text x="${tx - 10}" y="${y + ph + h * 0.05}" font-size="${h * 0.03}" font-family="DejaVu Sans">${tick * 20}</text>`;
      body += `<text x="${x - w * 0.07}" y="${ty}" font-size="${h * 0.03}" font-family="DejaVu Sans">${(1 - tick / 5).toFixed(2)}</text>`;
    }
    for (let curve = 0; curve < 6; curve++) {
      const ink = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b"][curve];
      let value = 0.9 - curve * 0.08;
      let path = "";
      for (let i = 0; i <= 200; i++) {
        value += (0.1 + curve * 0.1 - value) * 0.03 + (next() - 0.5) * 0.05;
        const [px, py] = [x + (pw * i) / 200, y + ph * (1 - Math.min(1, Math.max(0, value)))];
        if (panel % 3 === 2)
          body += i % 2 ? "" : `<circle cx="${px}" cy="${py}" r="5" fill="${ink}" fill-opacity="0.6"/>`;
        else path += `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`;
      }
      body += `<path d="${path}" fill="none" stroke="${ink}" stroke-width="2.5"/>`;
    }
    body += `<rect x="${x}" y="${y}" width="${pw}" height="${ph}" fill="none" stroke="#000" stroke-width="1.6"/>`;
  }
  return drawn("plot", "plot", width, height, body);
}

/** 21 classes in Voronoi cells, in the colors of PASCAL VOC. */
export function segmentation(width, height) {
  const next = random(14);
  const sites = Array.from({ length: 160 }, () => [next() * width, next() * height, Math.floor(next() * 21)]);
  const color = (label) => {
    const rgb = [0, 0, 0];
    for (let bit = 7; label > 0; bit--, label >>= 3) for (let c = 0; c < 3; c++) rgb[c] |= ((label >> c) & 1) << bit;
    return rgb;
  };
  const data = new Uint8Array(width * height * 3);
  const warp = Float64Array.from(
    { length: Math.max(width, height) },
    (_, i) => 30 * Math.sin(i / 37) + 8 * Math.sin(i / 7),
  );
  for (let y = 0; y < height; y++) {
    const near = sites.filter((site) => Math.abs(site[1] - y) < height * 0.35);
    for (let x = 0; x < width; x++) {
      let least = Number.POSITIVE_INFINITY;
      let label = 0;
      const [wx, wy] = [x + warp[y], y + warp[x]];
      for (const site of near) {
        const distance = (site[0] - wx) ** 2 + (site[1] - wy) ** 2;
        if (distance < least) {
          least = distance;
          label = site[2];
        }
      }
      data.set(color(label), (y * width + x) * 3);
    }
  }
  return image("segmentation", "segmentation", data, width, height);
}

const VIRIDIS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [109, 205, 89],
  [180, 222, 44],
  [253, 231, 37],
];

/** A smooth map of activations through 256 colors of viridis. */
export function activation(width, height) {
  const map = Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (VIRIDIS.length - 1);
    const low = Math.min(VIRIDIS.length - 2, Math.floor(at));
    return VIRIDIS[low].map((v, c) => Math.round(v + (VIRIDIS[low + 1][c] - v) * (at - low)));
  });
  const next = random(15);
  const blobs = Array.from({ length: 40 }, () => [
    next() * width,
    next() * height,
    (0.02 + 0.08 * next()) * width,
    next() * 2 - 0.6,
  ]);
  const values = new Float32Array(width * height);
  for (const [cx, cy, r, weight] of blobs) {
    for (let y = Math.max(0, Math.floor(cy - 3 * r)); y < Math.min(height, cy + 3 * r); y++) {
      for (let x = Math.max(0, Math.floor(cx - 3 * r)); x < Math.min(width, cx + 3 * r); x++) {
        values[y * width + x] += weight * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * r * r));
      }
    }
  }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < values.length; i++)
    data.set(map[Math.floor(((values[i] - low) / (high - low)) * 255.999)], i * 3);
  return image("activation", "activation", data, width, height);
}

export function noise(width, height) {
  const next = random(16);
  return image(
    "noise",
    "noise",
    Uint8Array.from({ length: width * height * 3 }, () => next() * 256),
    width,
    height,
  );
}

export function black(width, height) {
  return image("black", "black", new Uint8Array(width * height * 3), width, height);
}

/** All of them; `smoke` keeps the kinds and makes the large ones small. */
export async function images({ smoke = false } = {}) {
  const [width, height] = smoke ? [480, 270] : [3840, 2160];
  const photos = await photographs();
  const colored = photos.filter((photo) => photo.channels === 3);
  const people = colored.filter(({ name }) => ["astronaut", "chelsea", "coffee", "rocket"].includes(name));
  const sky = colored.filter(({ name }) => ["hubble_deep_field", "retina", "astronaut"].includes(name));
  const camera = (await photographs({ rgb: true })).find(({ name }) => name === "camera");
  return [
    mosaic("mosaic A", people, width, height, 1),
    mosaic("mosaic B", sky, width, height, 2),
    ...(smoke ? photos.slice(0, 2) : photos),
    { ...camera, name: "camera as RGB" },
    await terminal(width, height),
    await desktop(
      width,
      height,
      colored.find(({ name }) => name === "rocket"),
    ),
    await plot(width, height),
    segmentation(width, height),
    activation(width, height),
    noise(width, height),
    black(width, height),
  ];
}
