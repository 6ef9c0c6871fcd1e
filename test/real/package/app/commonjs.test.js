// Jest as it is by default: CommonJS, without a flag.
const { Image, init, setOnWarning } = require("wandb-image");
const { encodePng } = require("wandb-image/encode");

test("the CommonJS build serves", async () => {
  const codes = [];
  setOnWarning(({ code }) => codes.push(code));
  const image = new Image({ data: new Float32Array([0, 0.5, 1, 300]), shape: [2, 2] });
  expect(image.toDataArray()).toEqual([
    [0, 0],
    [1, 255],
  ]);
  expect(codes).toContain("clipped");
  expect(encodePng({ data: new Uint8Array(4), width: 2, height: 2 }).length).toBeGreaterThan(50);
  const run = init({ dir: ".", mode: "disabled" });
  run.log({ image });
  await run.finish();
});
