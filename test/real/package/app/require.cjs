// The installed package by `require()`, in Node.
const assert = require("node:assert/strict");
const { Image } = require("wandb-image");
const { encodePng } = require("wandb-image/encode");

const image = new Image({ data: Uint8Array.of(0, 128, 255, 7), shape: [2, 2] }, { fileType: "bmp" });
assert.deepEqual(image.toDataArray(), [
  [0, 128],
  [255, 7],
]);
assert.equal(encodePng({ data: image.bytes, width: image.size, height: 1 })[1], 0x50);
import("wandb-image").then((esm) => {
  assert.equal(esm.Image, Image);
  console.log("require: ok");
});
