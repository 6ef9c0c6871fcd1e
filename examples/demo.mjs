// The main job, end to end: photographs as arrays, channels-first, decoded, as files, in a list, as JPEG and BMP, over
// several steps beside scalar metrics, into an offline run. `npm run demo`
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { decode } from "fast-png";
import { box, Image, init } from "wandb-image";

const photographs = new URL("../test/fixtures/photographs/", import.meta.url);
const file = (name) => new URL(name, photographs);
const pixels = (name) => decode(readFileSync(file(name)));

/** uint8 HWC → float32 in [0, 1], as a data loader gives it. */
function unit({ data, width, height, channels }) {
  return { data: Float32Array.from(data, (value) => value / 255), shape: [height, width, channels] };
}

/** uint8 HWC → float32 in [-1, 1], channels first, as a generator gives it. */
function signedPlanes({ data, width, height, channels }) {
  const planes = new Float32Array(data.length);
  const size = width * height;
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < channels; c++) planes[c * size + i] = data[i * channels + c] / 127.5 - 1;
  }
  return { data: planes, shape: [channels, height, width] };
}

/** The left upper 400×300 pixels, seen through the whole picture's strides: nothing is copied. */
function crop({ data, shape }, options) {
  return new Image({ data, shape: [300, 400, 3], strides: [shape[1] * 3, 3, 1] }, options);
}

/** 1 within the ellipse, 0 elsewhere: a mask as a network would give it. */
function ellipse({ width, height }, x, y, rx, ry) {
  const data = Uint8Array.from({ length: width * height }, (_, i) =>
    ((i % width) - x) ** 2 / rx ** 2 + (Math.floor(i / width) - y) ** 2 / ry ** 2 <= 1 ? 1 : 0,
  );
  return { data, shape: [height, width] };
}

const withFace = (picture) =>
  new Image(picture, {
    caption: "a face and its mask",
    boxes: {
      predictions: box.xyxy([[172, 58, 276, 192]], {
        classes: ["face"],
        scores: { confidence: [0.97] },
        domain: "pixel",
      }),
    },
    masks: {
      predictions: { mask_data: ellipse(picture, 224, 124, 48, 66), class_labels: { 0: "background", 1: "face" } },
    },
  });

const withEyes = (picture) =>
  new Image(picture, {
    caption: "two eyes",
    boxes: {
      predictions: box.xyxy(
        [
          [136, 85, 207, 147],
          [294, 109, 343, 164],
        ],
        { classes: ["eye", "eye"], scores: { confidence: [0.93, 0.88] }, domain: "pixel" },
      ),
    },
  });

const withCup = (picture) =>
  new Image(picture, {
    caption: "a cup and its mask",
    boxes: {
      predictions: box.xyxy([[150, 45, 430, 330]], {
        classes: ["cup"],
        scores: { confidence: [0.91] },
        domain: "pixel",
      }),
    },
    masks: {
      predictions: { mask_data: ellipse(picture, 290, 190, 132, 138), class_labels: { 0: "background", 1: "cup" } },
    },
  });

const astronaut = pixels("astronaut.png");
const coffee = pixels("coffee.png");
const chelsea = pixels("chelsea.png");
const camera = pixels("camera.png");
const unitPhotographs = [astronaut, coffee, chelsea].map(unit);
const planes = signedPlanes(coffee);

const steps = [
  ["float32 [0,1] HWC", () => ({ astronaut: new Image(unitPhotographs[0], { caption: "float32 in [0, 1]" }) })],
  ["float32 [-1,1] CHW", () => ({ coffee: new Image(planes, { layout: "CHW", caption: "float32 in [-1, 1], CHW" }) })],
  ["uint8 HWC", () => ({ chelsea: new Image({ data: chelsea.data, shape: [chelsea.height, chelsea.width, 3] }) })],
  ["uint8 gray", () => ({ camera: new Image({ data: camera.data, shape: [camera.height, camera.width] }) })],
  ["decoded pixels", () => ({ decoded: new Image(astronaut, { caption: "taken as it is" }) })],
  [
    "files",
    () => ({ rocket: new Image(file("rocket.jpg"), { caption: "as it is" }), retina: new Image(file("retina.jpg")) }),
  ],
  [
    "a list of crops",
    () => ({ examples: unitPhotographs.map((array, i) => crop(array, { caption: `example ${i}` })) }),
  ],
  ["JPEG", () => ({ jpeg: new Image(unitPhotographs[1], { fileType: "jpg", caption: "quality 75, 4:2:0" }) })],
  ["BMP", () => ({ bmp: new Image(chelsea, { fileType: "bmp" }) })],
  [
    "boxes and masks",
    () => ({
      "overlays/face": withFace(astronaut),
      "overlays/eyes": withEyes(chelsea),
      "overlays/cup": withCup(coffee),
    }),
  ],
];

const run = init({
  mode: "offline",
  project: "wandb-image-demo",
  config: { photographs: 6, optimizer: { name: "sgd", lr: 0.1 } },
});
for (const [step, [name, make]] of steps.entries()) {
  const start = performance.now();
  const media = make();
  const images = Object.values(media).flat();
  const each = (performance.now() - start) / images.length;
  run.log({ ...media, loss: Math.exp(-step / 3), accuracy: { top1: 1 - 0.5 ** step } });
  const made = images.map(
    (image) => `${image.width}×${image.height} ${image.format} ${Math.round(image.size / 1000)} kB`,
  );
  console.log(
    `step ${step}/${steps.length - 1}  ${name.padEnd(18)} ${each.toFixed(1).padStart(5)} ms an image   ${made.join(", ")}`,
  );
}
console.log(`\nThe files are in ${run.dir}/files/media/images`);
await run.finish();
