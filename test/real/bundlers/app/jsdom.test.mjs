import * as wandb from "wandb-image";
import * as encoders from "wandb-image/encode";
import { answer } from "./answer.mjs";

test("answers as everywhere", () => {
  expect(typeof window.document).toBe("object");
  expect(answer(wandb, encoders)).toBe(process.env.EXPECTED);
});

test("keeps a run in memory, without crypto.subtle", async () => {
  const run = wandb.init({ mode: "offline", project: "everywhere", id: "abc12345" });
  const image = new wandb.Image({ data: new Uint8Array(12).fill(9), width: 2, height: 2 });
  run.log({ seen: image, loss: 0.25 });
  await run.finish();
  const files = await run.toFiles();
  const [name] = [...files.keys()].filter((path) => path.includes("media"));
  expect(name).toMatch(new RegExp(`files/media/images/seen_0_${image.sha256.slice(0, 20)}\\.png$`));
  expect(Array.from(files.get(name))).toEqual(Array.from(image.bytes));
  expect([...files.keys()].some((path) => path.endsWith("run-abc12345.wandb"))).toBe(true);
});
