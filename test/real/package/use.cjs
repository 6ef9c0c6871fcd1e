const assert = require("node:assert/strict");
const { Image } = require("wandb-image");

const image = new Image({ data: Uint8Array.of(0, 128, 255, 7), shape: [2, 2] }, { fileType: "bmp" });
assert.deepEqual(image.toDataArray(), [
  [0, 128],
  [255, 7],
]);
console.log("require: ok");
