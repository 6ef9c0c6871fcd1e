// Everything here is what a program of yours would write: `new Image` or `Image.from`, `run.log`, `run.toZip`.
import { uploadRun } from "../../dist/upload.js";
import { box, Image, init, makeGrid, ready } from "../../dist/wandb-image.min.js";

const $ = (id) => document.getElementById(id);
const run = init({ mode: "offline", project: "browser-demo" });
const kernels = await ready();
$("kernels").textContent = kernels === "simd" ? "SIMD" : "JavaScript, no SIMD here";

function encoding() {
  const fileType = $("file-type").value;
  return {
    fileType,
    ...(fileType === "png" && { compression: $("compression").value }),
    ...(fileType === "jpg" && { quality: $("quality").valueAsNumber || 75 }),
  };
}

/** Shows what went wrong in the card that it began in; nothing: all is well there. */
function tell(card, message = "") {
  $(card).querySelector(".error").textContent = message;
}

/** Makes an image of anything, logs it under `key` and shows what became of it; an error stands in the card that it came from. */
async function log(key, caption, input, options = encoding(), card = `card-${key}`) {
  const warnings = [];
  const onWarning = ({ message }) => warnings.push(message);
  const start = performance.now();
  tell(card);
  try {
    const image = await Image.from(input, { ...options, caption, onWarning });
    const milliseconds = performance.now() - start;
    const step = run.step;
    run.log({ [key]: image });
    show(image, `${key}, step ${step}`, milliseconds, warnings);
    $("download").disabled = false;
    $("upload").disabled = false;
    $("status").textContent = `${run.step} logged. ${caption}: ${size(image.size)} in ${milliseconds.toFixed(1)} ms.`;
  } catch (error) {
    tell(card, `${caption}: ${error.message}`);
  }
}

const size = (bytes) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);

function show(image, title, milliseconds, warnings) {
  const item = document.createElement("li");
  const picture = document.createElement("img");
  picture.alt = image.caption;
  picture.src = URL.createObjectURL(image.toBlob());
  const heading = document.createElement("strong");
  heading.textContent = image.caption;
  const facts = document.createElement("dl");
  const fact = (name, value) => {
    const term = document.createElement("dt");
    const description = document.createElement("dd");
    term.textContent = name;
    description.textContent = value;
    facts.append(term, description);
  };
  fact("Logged as", title);
  fact("Picture", `${image.width} × ${image.height}${image.mode ? `, ${image.mode}` : ""}`);
  fact("File", `${image.format}, ${size(image.size)}`);
  fact("Time", `${milliseconds.toFixed(1)} ms`);
  fact("Values", normalization(image.normalization));
  for (const warning of warnings) fact("Warning", warning);
  const framed = document.createElement("div");
  framed.className = "picture";
  framed.append(picture);
  if (image.boxes || image.masks) framed.append(layersOf(image));
  item.append(framed, heading, facts);
  $("log").prepend(item);
}

const COLORS = ["#00a0ff", "#ff4d6d", "#ffb000", "#2ec27e"];

/** The boxes and masks of an image, as W&B's panel and `npx wandb-image view` draw them. */
function layersOf({ width, height, boxes, masks }) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  for (const mask of Object.values(masks ?? {})) {
    const { data } = new Image(mask.file.bytes).toDataArray({ layout: "HWC" });
    data.forEach((id, i) => {
      if (id === 0) return;
      context.fillStyle = `${COLORS[id % COLORS.length]}66`;
      context.fillRect(i % width, Math.floor(i / width), 1, 1);
    });
  }
  context.lineWidth = 2;
  context.font = "bold 13px sans-serif";
  for (const { boxes: set } of Object.values(boxes ?? {})) {
    for (const { position, class_id, box_caption } of set) {
      const { minX, minY, maxX, maxY } = position;
      context.strokeStyle = COLORS[class_id % COLORS.length];
      context.fillStyle = context.strokeStyle;
      context.strokeRect(minX, minY, maxX - minX, maxY - minY);
      context.fillText(box_caption, minX + 4, minY + 14);
    }
  }
  return canvas;
}

function normalization(report) {
  if (report === null) return "taken as they are";
  const { rule, min, max, nan, clipped } = report;
  const parts = [`${rule} rule`, `${min.toFixed(2)} to ${max.toFixed(2)}`];
  if (nan > 0) parts.push(`${nan} NaN`);
  if (clipped > 0) parts.push(`${clipped} clipped`);
  return parts.join(", ");
}

// Files

const logFiles = async (files) => {
  for (const file of files) await log("files", file.name, file, {}, "card-files");
};
$("files").addEventListener("change", ({ target }) => logFiles(target.files));
for (const type of ["dragover", "dragleave", "drop"]) {
  $("drop").addEventListener(type, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", type === "dragover");
    if (type === "drop") logFiles(event.dataTransfer.files);
  });
}

// Drawing: by pointer, or by the arrow keys

const drawing = $("drawing");
const pen = drawing.getContext("2d", { willReadFrequently: true });
let at = { x: 160, y: 100 };

function clear() {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, drawing.width, drawing.height);
  pen.lineWidth = 6;
  pen.lineCap = "round";
}

function drawTo(x, y, isDown = true) {
  if (isDown) {
    pen.strokeStyle = `hsl(${(x + y) % 360} 80% 45%)`;
    pen.beginPath();
    pen.moveTo(at.x, at.y);
    pen.lineTo(x, y);
    pen.stroke();
  }
  at = { x, y };
}

function pointerAt({ offsetX, offsetY }) {
  const scale = drawing.width / drawing.clientWidth;
  return [offsetX * scale, offsetY * scale];
}

clear();
drawing.addEventListener("pointerdown", (event) => {
  drawing.setPointerCapture(event.pointerId);
  drawTo(...pointerAt(event), false);
});
drawing.addEventListener("pointermove", (event) => event.buttons && drawTo(...pointerAt(event)));
drawing.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  drawTo(clamp(at.x + step[0], drawing.width), clamp(at.y + step[1], drawing.height), !event.shiftKey);
});
$("clear").addEventListener("click", clear);
$("log-drawing").addEventListener("click", () => log("drawing", "a drawing", drawing));

// Camera: a generated stream until, and unless, there is a real one

const camera = $("camera");

function generatedStream() {
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 400;
  const context = canvas.getContext("2d");
  const paint = (time = 0) => {
    const sky = context.createLinearGradient(0, 0, 0, 400);
    sky.addColorStop(0, `hsl(${(time / 50) % 360} 60% 35%)`);
    sky.addColorStop(1, `hsl(${(time / 50 + 80) % 360} 70% 70%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, 640, 400);
    context.fillStyle = "#fff";
    context.beginPath();
    context.arc(320 + 220 * Math.cos(time / 900), 200 + 120 * Math.sin(time / 700), 40, 0, 2 * Math.PI);
    context.fill();
    requestAnimationFrame(paint);
  };
  paint();
  return canvas.captureStream(30);
}

async function play(stream) {
  camera.srcObject = stream;
  await camera.play();
}

$("use-camera").addEventListener("click", async () => {
  try {
    await play(await navigator.mediaDevices.getUserMedia({ video: true }));
  } catch (error) {
    tell("card-camera", `No camera (${error.message}); the generated stream goes on.`);
  }
});
$("log-frame").addEventListener("click", () => log("camera", "a camera frame", camera));
play(generatedStream());

// Arrays

for (const button of document.querySelectorAll("[data-range]")) {
  button.addEventListener("click", () => {
    const [low, high] = button.dataset.range.split(",").map(Number);
    const [height, width] = [200, 320];
    const data = Float32Array.from({ length: height * width * 3 }, (_, i) => {
      const [x, y] = [((i / 3) | 0) % width, (i / 3 / width) | 0];
      const wave = Math.sin(x / 30 + (i % 3)) * Math.cos(y / 25) * 0.5 + 0.5;
      return low + wave * (high - low);
    });
    log("array", `values in [${low}, ${high}]`, { data, shape: [height, width, 3] });
  });
}

// Samples: what the page opens with

function shapes() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 200];
  const context = canvas.getContext("2d");
  const sky = context.createLinearGradient(0, 0, 0, 200);
  sky.addColorStop(0, "#20304a");
  sky.addColorStop(1, "#d98e5f");
  context.fillStyle = sky;
  context.fillRect(0, 0, 320, 200);
  context.fillStyle = "#ffe9a8";
  context.beginPath();
  context.arc(220, 70, 36, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = "#253b2d";
  context.beginPath();
  context.moveTo(20, 180);
  context.lineTo(95, 60);
  context.lineTo(170, 180);
  context.fill();
  return canvas;
}

/** Class ids of the shapes, at half the size: `resize: true` makes the mask as large as its image. */
function shapesMask() {
  const mask = new Uint8Array(160 * 100);
  for (let i = 0; i < mask.length; i++) {
    const [x, y] = [(i % 160) * 2 + 1, Math.floor(i / 160) * 2 + 1];
    if ((x - 220) ** 2 + (y - 70) ** 2 < 36 ** 2) mask[i] = 1;
    else if (y < 180 && y > 60 + (Math.abs(x - 95) * 120) / 75) mask[i] = 2;
  }
  return { data: mask, shape: [100, 160] };
}

async function logSamples() {
  const wave = Float32Array.from({ length: 200 * 320 }, (_, i) => Math.sin((i % 320) / 24) * Math.cos(i / 320 / 18));
  const map = { range: "minmax", colormap: "viridis" };
  await log("array", "a heat map of floats", { data: wave, shape: [200, 320] }, map);
  const rings = Float32Array.from({ length: 12 * 28 * 28 }, (_, i) => {
    const [picture, x, y] = [Math.floor(i / 784), (i % 28) - 13.5, (Math.floor(i / 28) % 28) - 13.5];
    return 0.5 + 0.5 * Math.cos((Math.hypot(x, y) * (picture + 1)) / 9);
  });
  await log(
    "array",
    "a batch of twelve, side by side",
    makeGrid({ data: rings, shape: [12, 28, 28, 1] }, { columns: 6 }),
    {},
  );
  const labels = ["sky", "sun", "hill"];
  const found = [
    [184, 34, 256, 106],
    [20, 60, 170, 180],
  ];
  await log("drawing", "boxes and a mask", shapes(), {
    boxes: {
      predictions: box.xyxy(found, {
        classes: ["sun", "hill"],
        captions: ["sun 0.97", "hill 0.91"],
        classLabels: labels,
        domain: "pixel",
      }),
    },
    masks: { predictions: { mask_data: shapesMask(), class_labels: labels, resize: true } },
  });
}

// The file type decides which options there are.
function offerOptions() {
  const fileType = $("file-type").value;
  $("quality").disabled = fileType !== "jpg";
  $("compression").disabled = fileType !== "png";
}
$("file-type").addEventListener("change", offerOptions);
offerOptions();
await logSamples();

// The run

$("download").addEventListener("click", async () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await run.toZip());
  link.download = `${run.dir}.zip`;
  link.click();
  $("status").textContent = `${link.download}: npx wandb-image sync ${link.download} uploads it`;
});
// By the relay of serve.mjs, which holds the key.
$("upload").addEventListener("click", async () => {
  $("upload").disabled = true;
  const told = ({ rows, files }) => `${rows.sent} of ${rows.read} rows, ${files.sent} of ${files.read} files`;
  const onUpload = (progress) => {
    $("status").textContent = `Uploading: ${told(progress)}`;
  };
  const done = await uploadRun(run, { baseUrl: "/wandb", onUpload });
  const end = done.error?.message ?? (done.owed.length > 0 ? `${done.owed.length} files did not arrive` : done.url);
  $("status").textContent = `Uploaded ${told(done)}: ${end}`;
  $("upload").disabled = false;
});

document.title = "wandb-image in a page: ready";
