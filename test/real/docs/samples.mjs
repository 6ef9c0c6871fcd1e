// What the names stand for that the blocks of the documents use without declaring them: expressions, put in front of a block as
// `const name = expression`. One may use another, and what the package exports.

const node = {
  // arrays
  data: "Uint8Array.from({ length: 100 * 100 * 3 }, (_, i) => i)",
  pixels: "{ data: new Float32Array(480 * 640 * 3).fill(0.5), shape: [480, 640, 3] }",
  frame: "{ data: new Uint8Array(480 * 640 * 4).fill(200), width: 640, height: 480 }",
  depth: "{ data: Float32Array.from({ length: 60 * 80 }, (_, i) => i / 500), shape: [60, 80] }",
  batch: "{ data: new Float32Array(16 * 3 * 32 * 32).fill(0.25), shape: [16, 3, 32, 32] }",
  tensor: "{ dims: [1, 3, 24, 32], type: 'float32', data: new Float32Array(3 * 24 * 32), location: 'cpu' }",
  width: "100",
  height: "100",
  image: "new Image(pixels, { caption: 'a sample' })",
  images:
    "Array.from({ length: 4 }, (_, i) => new Image({ data: new Uint8Array(300).fill(i * 50), shape: [10, 10, 3] }))",
  // overlays, over `pixels`
  boxesNx4: "[[10, 20, 100, 200], [300, 30, 400, 90]]",
  classes: "[0, 1]",
  scores: "[0.9, 0.4]",
  confidence: "[0.9, 0.4]",
  classIds: "new Uint8Array(480 * 640)",
  logits: "new Float32Array(21 * 480 * 640)",
  // programs
  run: "init({ mode: 'offline' })",
  url: "'https://example.com/photo.jpg'",
  sharp: "(await import('sharp')).default",
};

const page = {
  data: node.data,
  pixels: node.pixels,
  width: node.width,
  height: node.height,
  run: "init({ mode: 'offline' })",
  canvas: `(() => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(10, 10, 50, 50);
    return canvas;
  })()`,
  url: "'/photo.jpg'",
};

export const samples = {
  node,
  page,
  batch: { data: "new Float32Array(16 * 224 * 224 * 3)" },
  chw: { data: "new Float32Array(3 * 224 * 224)" },
};
