import * as wandb from "wandb-image";
import * as encoders from "wandb-image/encode";
import { answer } from "./answer.mjs";

test("answers as everywhere", () => {
  expect(typeof window.document).toBe("object");
  expect(answer(wandb, encoders)).toBe(process.env.EXPECTED);
});
