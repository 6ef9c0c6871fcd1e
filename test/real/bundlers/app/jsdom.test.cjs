// The CommonJS build, as Jest takes it where nothing is set.
const { Image, init } = require("wandb-image");
const { encodePng } = require("wandb-image/encode");

test("serves in a window", async () => {
  expect(typeof window.document).toBe("object");
  const pixels = { data: new Uint8Array(12).fill(9), width: 2, height: 2 };
  const image = new Image(pixels, { caption: "ä € 𝄞" });
  expect(Array.from(encodePng(pixels).subarray(1, 4))).toEqual([0x50, 0x4e, 0x47]);
  const run = init({ mode: "offline", project: "everywhere", id: "abc12345" });
  run.log({ image });
  await run.finish();
  const record = [...(await run.toFiles())].find(([path]) => path.endsWith(".wandb"))[1];
  // The caption in UTF-8, which jsdom's window has no TextEncoder for.
  expect(Buffer.from(record).includes(Buffer.from("ä € 𝄞"))).toBe(true);
});
