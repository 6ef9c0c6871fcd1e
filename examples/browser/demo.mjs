// Everything here is what a program of yours would write: `new Image` or `Image.from`, `run.log`, `run.toZip`.
import { Image, init, ready } from "../../dist/wandb-image.min.js";

const $ = (id) => document.getElementById(id);
const run = init({ mode: "offline", project: "browser-demo" });
const kernels = await ready();
$("kernels").textContent = kernels === "simd" ? "SIMD kernels serve." : "This engine has no SIMD: JavaScript serves.";

function encoding() {
  const fileType = $("file-type").value;
  return {
    fileType,
    ...(fileType === "png" && { compression: $("compression").value }),
    ...(fileType === "jpg" && { quality: $("quality").valueAsNumber || 75 }),
  };
}

/** Makes an image of anything, logs it under `key` and shows what became of it. */
async function log(key, caption, input, options = encoding()) {
  const warnings = [];
  const onWarning = ({ message }) => warnings.push(message);
  const start = performance.now();
  try {
    const image = await Image.from(input, { ...options, caption, onWarning });
    const milliseconds = performance.now() - start;
    const step = run.step;
    run.log({ [key]: image });
    show(image, `${key}, step ${step}`, milliseconds, warnings);
    $("download").disabled = false;
    $("status").textContent = `${run.step} logged. ${caption}: ${size(image.size)} in ${milliseconds.toFixed(1)} ms.`;
  } catch (error) {
    $("status").textContent = `${caption}: ${error.message}`;
  }
}

const size = (bytes) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);

function show(image, title, milliseconds, warnings) {
  const item = document.createElement("li");
  const picture = document.createElement("img");
  picture.alt = image.caption;
  picture.src = URL.createObjectURL(new Blob([image.bytes], { type: `image/${image.format.replace("jpg", "jpeg")}` }));
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
  fact("Values", normalisation(image.normalization));
  for (const warning of warnings) fact("Warning", warning);
  item.append(picture, heading, facts);
  $("log").prepend(item);
}

function normalisation(report) {
  if (report === null) return "taken as they are";
  const { rule, min, max, nan, clipped } = report;
  const parts = [`${rule} rule`, `${min.toFixed(2)} to ${max.toFixed(2)}`];
  if (nan > 0) parts.push(`${nan} NaN`);
  if (clipped > 0) parts.push(`${clipped} clipped`);
  return parts.join(", ");
}

// Files

const logFiles = async (files) => {
  for (const file of files) await log("files", file.name, file, {});
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
    $("status").textContent = `No camera (${error.message}); the generated stream goes on.`;
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

// The run

$("download").addEventListener("click", async () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await run.toZip());
  link.download = `${run.dir}.zip`;
  link.click();
  $("status").textContent = `${link.download}: unzip it and run wandb sync ${run.dir}`;
});
document.title = "wandb-image in a page: ready";
